"""A desk that could not keep its promises is refused when it is set up, with a sentence that says why."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from nullabona.cli.docket.group import docket
from nullabona.directory.opening import DocketForeign, RecordOptions, open_record
from nullabona.directory.store.memory import MemoryCardStore
from nullabona.docket.cases.notices import Delivery
from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.records import Identifier
from nullabona.docket.core.roles import Role
from nullabona.docket.core.states import Action
from nullabona.docket.keeping.founding import First, found
from nullabona.docket.keeping.vault import new_identity
from nullabona.docket.store.rows import RoleAlone
from nullabona.docket.store.sqlite import FILE as DESK
from nullabona.log.keys import VerifierKey
from nullabona.log.policy import Policy
from nullabona.machine.settings import BadConfig
from nullabona.operating.desk_places import DeskPlaces
from nullabona.operating.docket_log import DocketNameForeign, _witnesses, check_origin
from nullabona.wire.handle import parse_handle
from tests.docket import desks
from tests.docket.desks import NOON, Clock, demand, person
from tests.docket.publishing import PublicOffice
from tests.docket.test_founding_command import found as founding
from tests.sequencer.logs import policy_text
from tests.wire import cards
from tests.witness.running import log_signers, witness_signers

HOST = "127.0.0.1:8640"
HOME = f"{HOST}/docket"


def lines(origin: str) -> str:
    return "".join(f"log {signer.verifier.encode()}\n" for signer in log_signers(origin))


def test_a_relay_refuses_the_docket_of_another_host(tmp_path: Path) -> None:
    """Apps of its handles would believe no notice. Its own docket is taken."""
    for origin in ("relay.example/docket", "127.0.0.1:86401/docket", "127.0.0.1/docket"):
        with pytest.raises(DocketForeign, match=HOST):
            open_record(tmp_path / "a", HOST, MemoryCardStore(), RecordOptions(docket=lines(origin)))
    record = open_record(tmp_path / "b", HOST, MemoryCardStore(), RecordOptions(docket=lines(HOME)))
    asyncio.run(record.end())


def test_a_desk_refuses_a_name_that_its_handles_cannot_believe(tmp_path: Path) -> None:
    """It compares with the record in the relay's folder; where there is none yet, notices are compared later."""
    check_origin("relay.example/docket", tmp_path / "nothing")
    record = open_record(tmp_path / "relay", HOST, MemoryCardStore(), RecordOptions())
    record.close(NOON)
    record.stage()
    asyncio.run(record.publish(NOON))
    asyncio.run(record.end())
    check_origin(HOME, tmp_path / "relay")
    with pytest.raises(DocketNameForeign, match=f"@{HOST}"):
        check_origin("relay.example/docket", tmp_path / "relay")
    done = founding(tmp_path)
    assert "docket-name-foreign" == getattr(done.exception, "code", None)
    assert not (tmp_path / "desk" / DESK).exists()


def test_a_notice_that_no_app_would_believe_is_not_delivered(
    public_office: PublicOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays in the list, under its own reason, and nothing says that the person was told."""
    handle = "mina@other.example"
    encoded = cards.card_bytes("mina", parse_handle(handle), day=NOON // 86_400)
    monkeypatch.setitem(desks.CARDS, handle, {"handle": handle, "encoded": encoded.hex(), "registered_day": 1})
    public_office.register()
    given = demand(public_office.clock, identifiers=(Identifier("handle", handle),))
    case = public_office.answer(public_office.take_in(given=given))
    public_office.do("nora", Action.NOTIFY, case)
    public_office.tick()
    done = public_office.deliver([])
    assert (Delivery(held=done.held), ["docket-notice-not-believed"]) == (done, [each.code for each in done.failed])
    assert 1 == public_office.desk.notices_waiting()


def test_witnesses_come_from_the_policy_alone() -> None:
    """With the URL on their line; without one and without a table in docket.toml nobody could be asked."""
    witness = "witness.example/w1"
    plain = policy_text(log_signers(HOME), [witness], quorum=1)
    with pytest.raises(BadConfig, match="without a URL"):
        _witnesses({}, Policy.parse(plain))
    keys = [signer.verifier for signer in witness_signers(witness)]
    rows = "".join(
        f"{line} https://w1.example\n" if line.startswith("witness ") else f"{line}\n" for line in plain.splitlines()
    )
    (address,) = _witnesses({}, Policy.parse(rows))
    assert ("https://w1.example", {key.encode() for key in keys}) == (
        address.url, {key.encode() for key in address.verifiers if isinstance(key, VerifierKey)},
    )  # fmt: skip


@pytest.mark.parametrize(("period", "more", "code"), [
    ("119", (), "docket-period-too-short"), ("120", (), None), ("3", ("--trial",), None),
])  # fmt: skip
def test_a_period_that_the_console_would_miss_is_refused(
    tmp_path: Path, period: str, more: tuple[str, ...], code: str | None
) -> None:
    """The least is said; to try things out one may go below."""
    done = founding(tmp_path, "--period", period, *more)
    assert code == getattr(done.exception, "code", None)
    assert (code is None) == (tmp_path / "desk" / DESK).exists()


def test_who_cannot_have_two_roles_is_named(desk_places: DeskPlaces) -> None:
    """And nothing is left of the desk that was not founded."""
    first = (
        First(person("ada").enrolment(), (Role.ADMIN, Role.COUNSEL)), First(person("ben").enrolment(), (Role.ADMIN,)),
    )  # fmt: skip
    with pytest.raises(RoleAlone, match="ada cannot be admin and also counsel"):
        found(desk_places.desk(begins=True), first, (new_identity()[1],), Cadence(start_s=0), Clock(), bytes)
    assert not desk_places.is_founded()
    assert not (desk_places.data / "desk").exists()


def test_nobody_is_invited_to_a_desk_that_was_not_founded(tmp_path: Path) -> None:
    """No link, and no folder of a console."""
    done = CliRunner().invoke(
        docket, ["--data", str(tmp_path), "invite", "mina", "--name", "Mina", "--origin", "http://localhost:8450"]
    )
    assert "docket-not-founded" == getattr(done.exception, "code", None)
    assert [] == list(tmp_path.iterdir())
