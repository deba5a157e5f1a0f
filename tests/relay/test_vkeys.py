"""What a witness must be given of a relay's directory, once its record has begun."""

from __future__ import annotations

import asyncio
from pathlib import Path

from click.testing import CliRunner

from nullabona.cli.operator.relay import relay as command
from nullabona.directory.service import open_directory
from nullabona.log.policy import Policy


def printed(*arguments: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(command, ["vkeys", *arguments])
    return result.exit_code, result.output.splitlines()


def policy_of(data: Path) -> str:
    """The policy that the directory shows to clients."""

    async def run() -> str:
        service = open_directory(data, "relay.example")
        try:
            return service._record._policy
        finally:
            await service.close()

    return asyncio.run(run())


def test_a_witness_is_given_the_keys_that_clients_see(tmp_path: Path) -> None:
    """By the relay's data, and by the folder of the record itself."""
    ways = (("--data", str(tmp_path)), ("--record", str(tmp_path / "record")))
    shown = [log.key.encode() for log in Policy.parse(policy_of(tmp_path)).logs]
    assert [(0, shown)] * 2 == [printed(*way, "--host", "relay.example") for way in ways]


def test_asking_begins_no_record(tmp_path: Path) -> None:
    """Nothing is made where no record has begun, as where a disk is not mounted."""
    code, lines = printed("--data", str(tmp_path), "--host", "relay.example")
    assert (6, True, []) == (code, "[record-not-begun]" in lines[0], list(tmp_path.iterdir()))


def test_nothing_is_made_where_a_record_has_lost_its_key(tmp_path: Path) -> None:
    """Asking for the keys of a record that has begun never makes another one."""
    policy_of(tmp_path)
    (tmp_path / "record/record.key").unlink()
    code, lines = printed("--data", str(tmp_path), "--host", "relay.example")
    assert (1, True) == (code, "[record-key-unreadable]" in lines[0])
    assert not (tmp_path / "record/record.key").exists()


def test_it_must_be_said_whose_keys(tmp_path: Path) -> None:
    """Without a host there is no log's name to print."""
    assert (1, True) == ((result := printed("--data", str(tmp_path)))[0], "[bad-config]" in result[1][0])
