"""The command line takes and shows times as people write them, in the zone of docket.toml, in both languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from click.testing import CliRunner

from nullabona.cli.docket.group import docket
from nullabona.cli.docket.times import NoTime, read_time, when
from nullabona.docket.core.records import Gag
from nullabona.log.keys import Kind
from nullabona.machine.keyfile import encode_private_key, write_key_file
from nullabona.operating.desk_places import DeskPlaces
from nullabona.operating.officer_file import OfficerFile
from tests.docket.databases import LoosePlaces, setting
from tests.docket.desks import NOON, Clock, Person, demand
from tests.docket.publishing import ORIGIN, POLICY, PublicOffice
from tests.witness.running import seed

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1970-01-02", 54_000), ("1970-01-02T09:00", 86_400), ("1970-01-02 09:00", 86_400),
     ("1970-01-02T00:00+00:00", 86_400), ("1970-01-02T00:00Z", 86_400)],
)  # fmt: skip
def test_a_time_is_of_the_desks_zone_unless_it_names_one(text: str, seconds: int) -> None:
    """A date alone is its beginning."""
    assert seconds == read_time(text, SEOUL)


@pytest.mark.parametrize("text", ["", "1795987680", "tomorrow", "2027-02-30", "31.01.2027"])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    """Seconds since 1970 are none either."""
    with pytest.raises(NoTime):
        read_time(text, SEOUL)


@pytest.fixture(autouse=True)
def _loose(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands do not ask whether the server of this test could forget what it committed."""
    monkeypatch.setattr("nullabona.operating.desk_places.DeskPlaces", LoosePlaces)


def at_the_desk(places: DeskPlaces, officer: Person) -> Callable[..., str]:
    """Runs commands on the office's desk, which nobody else has open; gives what they print."""
    folder = places.data
    (folder / "docket.toml").write_text(
        f'operator = "x"\norigin = "{ORIGIN}"\ndirectory = "relay"\nlog_keys = "log.keys"\npolicy = "policy"\n'
        f'zone = "Asia/Seoul"\n{setting(places)}[[witness]]\nurl = "http://127.0.0.1:1"\nvkeys = []\n'
    )
    (folder / "policy").write_text(POLICY)
    keys = [encode_private_key(kind, ORIGIN, seed(f"log{kind}")) for kind in (Kind.ED25519, Kind.COSIGN_MLDSA44)]
    (folder / "log.keys").unlink(missing_ok=True)
    write_key_file(folder / "log.keys", keys)
    file = folder / f"{officer.name}.officer"
    file.write_bytes(msgspec.json.encode(OfficerFile(officer.name, officer.seed, officer.identity)))
    file.chmod(0o600)

    def said(*command: str) -> str:
        names = ["--data", str(folder), "--officer", str(file)]
        done = CliRunner().invoke(docket, [*names, *command], catch_exceptions=False)
        assert 0 == done.exit_code, done.output
        return done.stdout

    return said


def test_deadlines_and_cases_are_shown_in_words(desk_places: DeskPlaces, clock: Clock) -> None:
    """With headings, dates with their zone, and nothing in English for who reads Korean."""
    office = PublicOffice(desk_places.data, clock, store=desk_places)
    given = demand(clock, gag=Gag("법원의 명령", NOON + 86_400))
    office.walk(office.take_in(given=given))
    office.stop()
    said = at_the_desk(desk_places, office.people["cora"])
    deadlines = said("due", "--lang", "ko").splitlines()
    assert ["접수번호", "기한", "시각", "단계"] == deadlines[0].split()
    assert any("비밀유지 만료" in row and when(NOON + 86_400, SEOUL) in row for row in deadlines)
    assert {"due_s", "level"} <= json.loads(said("due", "--json").splitlines()[0]).keys()
    assert ["2026-00001"] == [json.loads(row)["number"] for row in said("list", "--json").splitlines()]
    shown = said("show", "2026-00001", "--lang", "ko")
    assert all(word in shown for word in ("접수번호", "요청 자료", "대조", "결정", "비밀유지", "KST"))
    assert not any(word in shown for word in ("legal basis", "asks for", "matched", "signed", "produced", "nothing"))
    assert "제출 자료 확정" in said("list", "--lang", "ko")


def test_a_deputy_is_appointed_listed_and_ended(desk_places: DeskPlaces, clock: Clock) -> None:
    """In the desk's zone; and without an end, the command says what to write."""
    office = PublicOffice(desk_places.data, clock, store=desk_places)
    office.stop()
    ada, ben = (at_the_desk(desk_places, office.people[name]) for name in ("ada", "ben"))
    until = datetime.now(SEOUL).date() + timedelta(days=9)
    ada("officer", "deputy", "rea", "--for", "cora", "--until", str(until))
    ben("officer", "confirm", json.loads(ben("officer", "pending", "--json"))["id"])
    row = next(line for line in ada("officer", "list", "--lang", "ko").splitlines() if line.startswith("rea"))
    assert f"{until} 00:00 KST까지 cora 님 대행" in row
    ada("officer", "deputy", "rea", "--for", "cora", "--end")
    assert "cora 님 대행" not in ada("officer", "list", "--lang", "ko")
    for wrong in ((), ("--end", "--until", str(until))):
        refused = CliRunner().invoke(
            docket, ["--data", str(desk_places.data), "officer", "deputy", "rea", "--for", "cora", *wrong]
        )
        assert 2 == refused.exit_code
