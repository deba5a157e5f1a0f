"""The drill ``docket``, played for real; and that it fails when something does not hold."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from nullabona.docket.core.cadence import Cadence
from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.statements import Report
from nullabona.docket.production.evidence import RECEIPT, read_receipt
from nullabona.docket.production.folder import write_folder
from nullabona.docket.production.seal import Seals
from nullabona.docket.production.verify import Checked
from nullabona.docket.publishing.clock_watch import ClockDoubtful
from nullabona.drills.docket.act import Acted, _report
from nullabona.drills.docket.findings import Passed
from nullabona.drills.docket.lies import Noticed, Tried, _holds, _unentered
from nullabona.drills.docket.office import OFFICERS, ORIGIN, Grounds, Office, WallClock
from nullabona.drills.docket.packages import Looked
from nullabona.drills.docket.replay import Replay
from nullabona.drills.docket.report import report_of
from nullabona.drills.docket.searching import Sought, seek
from nullabona.drills.docket.spoiling import ACCEPTED, Spoiling, noticed, spoil
from nullabona.drills.docket.striking import Struck
from nullabona.drills.docket.tampering import Deed
from nullabona.drills.registry import DRILLS
from nullabona.drills.search import Kind, Secret
from nullabona.log.keys import Kind as KeyKind
from nullabona.log.keys import vkey
from nullabona.machine.keyfile import encode_private_key, parse_private_key
from nullabona.operating.desk import open_desk
from nullabona.processes.program import nulla, run
from tests.docket.packages import desk, order, sealed

PROVES = DRILLS["docket"].proves

COMMAND = nulla("drill", "docket", "--json", "--demands")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_demand_discloses_anything_and_none_can_be_hidden() -> None:
    """A real desk, relay and witnesses, without a terminal: every claim holds, each lie is noticed, exit code 0."""
    done = run([*COMMAND, "8"])
    played = json.loads(done.out)
    assert (0, dict.fromkeys(PROVES, "held")) == (
        done.code,
        {c["id"]: c["verdict"] for c in played["checks"]},
    )
    assert (8, 8, 8, 0) == (played["counted"], played["in_time"], played["packages_held"], played["found"])
    assert dict.fromkeys(Deed, True) == {Deed(deed): lie["caught"] for deed, lie in played["lies"].items()}
    assert [] == played["lies"][Deed.DROP]["back_dated"]
    refused = {name: played["struck"][name] for name in ("receipt", "signed", "package")}
    assert {name: getattr(STRUCK, name) for name in refused} == refused


class AheadClock(WallClock):
    """A clock that somebody can set ahead; the machine runs on as before."""

    ahead_s = 0

    def __call__(self) -> int:
        return super().__call__() + self.ahead_s


@pytest.mark.slow
def test_the_desk_of_the_drill_is_the_one_that_operators_run(tmp_path: Path) -> None:
    """It watches its clock, and once it is closed its folder opens as `nulla docket --data` opens it."""
    keys = tuple(encode_private_key(kind, ORIGIN, bytes(32)) for kind in (KeyKind.ED25519, KeyKind.COSIGN_MLDSA44))
    policy = "".join(f"log {vkey(parse_private_key(line))}\n" for line in keys) + "quorum none\n"
    clock = AheadClock()
    cadence = Cadence(start_s=clock(), period_s=1, slots=8, lag=600, horizon_s=400 * DAY, band=4)
    office = Office(Grounds(tmp_path, keys, (), policy, tmp_path / "relay", cadence), clock)
    clock.ahead_s = 2 * DAY
    with pytest.raises(ClockDoubtful):
        office.publish_due()
    office.close()
    with closing(open_desk(tmp_path)) as at:
        assert set(OFFICERS) == {officer.id for officer in at.desk.staff.officers()}


SECRETS = [Secret.text(Kind.TEXT, "message", "북극곰은 내일 세 시에 떠나요"), Secret.text(Kind.NAME, "name", "soyeon")]


def test_what_was_said_is_found_in_whatever_left_the_desk(tmp_path: Path) -> None:
    """In a page, a file of a package, or compressed in it; and nothing is found where nothing is."""
    (tmp_path / "page.html").write_text("<p>압수수색영장</p>", "utf-8")
    assert seek(SECRETS, [tmp_path]).clean
    (tmp_path / "page.html").write_text("<p>북극곰은 내일 세 시에 떠나요</p>", "utf-8")
    sought = seek(SECRETS, [tmp_path])
    assert (False, "message (page.html)") == (sought.clean, sought.where)


def test_a_search_that_cannot_find_is_no_proof() -> None:
    """Nothing found counts only if what was planted for the search was found."""
    assert not Sought(1).clean


NOTICED = Noticed("log-broken: …", "log-broken: …", "period-unwitnessed: …", "period-late: …", ())
FOUND = replace(NOTICED, back_dated=("opening-wrong: …",))
TRIED = Tried(Deed.DROP, NOTICED, {"w": "has-more"}, lacking=True)


@pytest.mark.parametrize("unnoticed", [{"served": ""}, {"alone": ""}, {"helped": ""}, {"anew": ""}])
def test_a_lie_that_anybody_misses_is_not_caught(unnoticed: dict[str, Any]) -> None:
    """The public, the witnesses, and whoever comes later: each has to notice."""
    assert TRIED.caught
    assert not replace(TRIED, noticed=replace(NOTICED, **unnoticed)).caught
    assert not replace(TRIED, refused={}).caught
    assert not replace(TRIED, refused={"a": "status-503"}).caught, "a witness that breaks down judges nothing"


def test_a_lie_passes_only_if_nothing_at_all_is_found() -> None:
    """And only if an entry is gone: nothing is shown by a record that is what it was."""
    assert TRIED.passed
    assert not replace(TRIED, noticed=FOUND).passed
    assert not replace(TRIED, lacking=False).passed


STRUCK = Struck("5a", 2, "docket-not-in-log", "docket-wrong-state", "docket-receipt-first")


@pytest.mark.parametrize("given", [{"slots": 0}, {"receipt": ""}, {"signed": ""}, {"package": ""}])
def test_a_demand_that_gets_anything_was_answered(given: dict[str, Any]) -> None:
    """A receipt, a signature or a package; and striking nothing shows nothing."""
    assert STRUCK.unanswered
    assert not replace(STRUCK, **given).unanswered


SPOILED = {spoiling: Looked(Path(), (), *seen, (), None, "…") for spoiling, seen in ACCEPTED.items()}


@pytest.mark.slow
def test_every_altered_package_is_refused_some_of_them_by_us_alone(tmp_path: Path) -> None:
    """Sums that were written anew hold, and so does anybody's signature: `sha256sum` and PDF readers know no key."""
    write_folder(tmp_path / "package", sealed(order("subscriber", "content", "removal")))
    spoiled = spoil(tmp_path / "package", tmp_path / "spoiled", desk().policy, Seals(desk().custodian, desk().signers))
    seen = {spoiling: (looked.summed, looked.signed, looked.checked) for spoiling, looked in spoiled.items()}
    assert {spoiling: (*accepted, None) for spoiling, accepted in ACCEPTED.items()} == seen
    assert noticed(spoiled)


def test_a_receipt_of_an_entry_that_never_was_is_none() -> None:
    """The true one is: what is refused is the entry, which commits to the same demand."""
    receipt = read_receipt(sealed(order("subscriber", "content"))[RECEIPT])
    assert _holds(receipt, desk().policy)
    assert not _holds(_unentered(receipt), desk().policy)


@pytest.mark.parametrize("spoiling", Spoiling)
def test_an_alteration_that_passes_or_is_done_badly_is_not_noticed(spoiling: Spoiling) -> None:
    """Each has to be refused; and where other tools must accept it, a refusal of theirs shows a bad forgery."""
    one = SPOILED[spoiling]
    assert noticed(SPOILED)
    assert not noticed({**SPOILED, spoiling: replace(one, checked=cast("Checked", object()))})
    assert not noticed({**SPOILED, spoiling: replace(one, summed=not one.summed)})
    assert not noticed({**SPOILED, spoiling: replace(one, signed=not one.signed)})
    assert not noticed({name: looked for name, looked in SPOILED.items() if name != spoiling})


def acted() -> Acted:
    """An act in which all went well."""
    return Acted(same_refused=True, counted=2, in_time=2, verified={"exit": 0}, pages=13, spoiled=SPOILED,
                 altered={"exit": 3, "findings": [{"code": "log-broken", "message": "…"}]},
                 sought=Sought(1, finds=True))  # fmt: skip


BROKEN: list[tuple[str, Callable[[Acted], None]]] = [
    ("K-12", lambda one: one.altered.update(exit=0)),
    ("K-17", lambda one: setattr(one, "counted", 1)),
    ("K-18", lambda one: setattr(one, "same_refused", False)),
    ("K-18", lambda one: setattr(one, "spoiled", {})),
    ("K-19", lambda one: setattr(one.sought, "finds", False)),
]


@pytest.mark.parametrize(("id", "breaks"), BROKEN)
def test_the_act_fails_with_its_claims(id: str, breaks: Callable[[Acted], None]) -> None:
    """All held; and each claim fails alone when what it rests on is not so."""
    one = acted()
    assert _report(one).held
    breaks(one)
    assert [id] == [check.id for check in _report(one).checks if check.verdict == "failed"]


def drilled() -> Passed:
    """A drill without demands, in which all went well."""
    office = cast("Office", None)
    replay = Replay(office, "", Path(), lambda *_: None, report=Report("2026H2", 1, (), (), ""))
    lies = [replace(TRIED, deed=deed) for deed in Deed]
    return Passed(replay, [], SPOILED, Sought(1, finds=True), 9, 1, {"holds": True, "findings": []}, counted=0,
                  miscounted=0, shown=0, sealed=8, messages=1, struck=STRUCK, lies=lies)  # fmt: skip


DROPPED = list(Deed).index(Deed.DROP)
FAILING: list[tuple[str, Callable[[Passed], None]]] = [
    ("K-06", lambda one: one.lies.__setitem__(DROPPED, replace(TRIED, noticed=FOUND))),
    ("K-12", lambda one: one.lies.__setitem__(0, replace(TRIED, deed=Deed.REMOVE, refused={}))),
    ("K-17", lambda one: setattr(one, "counted", 1)),
    ("K-17", lambda one: setattr(one, "miscounted", 1)),
    ("K-17", lambda one: setattr(one, "struck", replace(STRUCK, package=""))),
    ("K-18", lambda one: setattr(one, "spoiled", {})),
    ("K-19", lambda one: setattr(one.sought, "finds", False)),
    ("K-06 K-20", lambda one: one.lies.__setitem__(DROPPED, replace(TRIED, lacking=False))),
]


@pytest.mark.parametrize(("ids", "breaks"), FAILING)
def test_the_drill_fails_with_its_claims(ids: str, breaks: Callable[[Passed], None]) -> None:
    """All held; and just those fail of which what they rest on is not so."""
    one = drilled()
    assert report_of(one).held
    breaks(one)
    assert ids.split() == [check.id for check in report_of(one).checks if check.verdict == "failed"]


def test_a_desk_finds_the_cards_wherever_it_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docket.toml takes paths from its own folder, so a relay's folder that is given from elsewhere is made whole."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "desk").mkdir()
    keys = (encode_private_key(KeyKind.ED25519, ORIGIN, bytes(32)),)
    Grounds(Path("desk"), keys, (), "", Path("relay"), Cadence(0, 60, 8, 30 * DAY, 4, 4)).lay_out()
    settings = tomllib.loads((tmp_path / "desk" / "docket.toml").read_text("utf-8"))
    assert str(tmp_path.resolve() / "relay") == settings["directory"]
