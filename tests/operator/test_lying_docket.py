"""A docket that lies to a real client over a real relay: it forks or shrinks; and what its operator sees of a look."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nullabona.client.api import Client, Warned
from nullabona.client.core.operator_notices import dockets
from nullabona.client.runner import directories
from nullabona.client.runner.connections import RelayConnection
from nullabona.client.runner.requests import ask
from nullabona.log.checkpoint import Checkpoint
from nullabona.log.note import sign_note
from nullabona.log.tiles import ENTRIES, encode_bundle, tiles_of
from nullabona.log.tree import Frontier, leaf_hashes
from nullabona.wire.messages import AnyRequest, AnyResponse, LogFile
from tests.api.people import happens, people, play
from tests.operator.office import LiveOffice, OperatorService
from tests.operator.test_delivery import QUICK_S, arrived
from tests.operator.test_following import tile_of
from tests.sequencer.logs import entries_of
from tests.witness.running import log_signers, witness_signers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def look(client: Client) -> None:
    """A look at the docket, as each device takes it from time to time."""
    await client._session.runner.directories.follow_docket(client.me.handle.partition("@")[2])


def followed(client: Client) -> int:
    """How far the docket was followed."""
    store = client._session.runner.store
    with store.transaction():
        found = dockets.load_docket(store).followed
    return 0 if found is None else found.seen.size


def write_log(folder: Path, operator: OperatorService, entries: list[bytes], now_s: int) -> None:
    """A docket of these entries, signed with the operator's keys and with those of its only witness."""
    shutil.rmtree(folder)
    leaves = [leaf_hashes([entry]) for entry in entries]
    for tile in tiles_of(len(entries)):
        path = folder / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        part = entries[tile.index * 256 :][: tile.width]
        path.write_bytes(encode_bundle(part) if tile.level == ENTRIES else tile_of(leaves, tile))
    text = Checkpoint(operator.origin, len(entries), Frontier().extend(b"".join(leaves)).root).encode()
    signers = [*log_signers(operator.origin, "docket"), *witness_signers("witness.example/w1")]
    (folder / "checkpoint").write_bytes(sign_note(text, signers, now_s).encode())


def size_of(folder: Path) -> int:
    return int((folder / "checkpoint").read_bytes().split(b"\n")[1])


LIES: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "docket-forked": lambda entries: [*entries[:5], b"something else", *entries[6:], b"more", b"and more"],
    "docket-rolled-back": lambda entries: entries[:-3],
}


@pytest.mark.parametrize("code", LIES)
def test_a_docket_that_lies_is_told_of(
    tmp_path: Path, operator: OperatorService, live_office: LiveOffice, code: str
) -> None:
    """Though its witness plays along: the device has seen another one, says so and keeps both notes."""

    async def story() -> None:
        async with people(operator, tmp_path, "mina") as (mina,):
            await live_office.work(live_office.tick)
            await look(mina)
            entries = entries_of(operator.docket_files, size_of(operator.docket_files))
            assert len(entries) == followed(mina) > 5
            write_log(operator.docket_files, operator, LIES[code](entries), mina._session.runner.now() // 1_000)
            await look(mina)
            assert code == (await happens(mina, Warned)).code
            assert len(entries) == followed(mina), "what was known stays"
            (evidence,) = mina.record.evidence()
            assert (code, operator.origin.encode()) == (evidence.code, evidence.before.split(b"\n")[0])
            assert evidence.before.split(b"\n")[1:3] != evidence.shown.split(b"\n")[1:3]

    play(story(), QUICK_S)


def test_an_honest_docket_is_followed_past_its_notices(
    tmp_path: Path, operator: OperatorService, live_office: LiveOffice
) -> None:
    """Each device looks by itself, drawn at random; a told one and an untold one ask for exactly the same."""

    async def story() -> None:
        async with people(operator, tmp_path, "mina", "jun") as (mina, jun):
            await live_office.work(live_office.tick)
            for client in (mina, jun):
                await look(client)
            await live_office.work(live_office.notify, mina.me.handle)
            await live_office.work(live_office.deliver)
            assert 1 == len(await arrived(mina))
            await live_office.work(live_office.tick)
            asked = [await overheard(client) for client in (mina, jun)]
            assert asked[0] == asked[1]
            assert "docket/checkpoint" == asked[0][0]
            store = mina._session.runner.store
            with store.transaction():
                assert () == dockets.load_docket(store).sightings
            assert [] == mina.record.evidence()

    play(story(), QUICK_S)


async def overheard(client: Client) -> list[str]:
    """The paths that a look asks for."""
    paths: list[str] = []

    async def listen(connection: RelayConnection, request: AnyRequest) -> AnyResponse | None:
        paths.append(request.path if isinstance(request, LogFile) else type(request).__name__)
        return await ask(connection, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(directories, "ask", listen)
        await look(client)
    return paths
