"""The drill ``docket``, played for real; and that it fails when something does not hold."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nullabona.drills.docket import PROVES
from nullabona.drills.docket.act import Acted, _report
from nullabona.drills.docket.lies import Tried
from nullabona.drills.docket.searching import Sought, seek
from nullabona.drills.docket.tampering import Deed
from nullabona.drills.search import Kind, Secret

COMMAND = [sys.executable, "-c", "from nullabona.cli import main; main()", "drill", "docket", "--json", "--demands"]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_demand_discloses_anything_and_none_can_be_hidden() -> None:
    """A real desk, relay and witnesses, without a terminal: every claim holds, each lie is noticed, exit code 0."""
    done = subprocess.run([*COMMAND, "8"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    played = json.loads(done.stdout)
    assert (0, dict.fromkeys(PROVES, "held")) == (done.returncode, {c["id"]: c["verdict"] for c in played["checks"]})
    assert (8, 8, 8, 0) == (played["counted"], played["in_time"], played["packages_held"], played["found"])
    assert dict.fromkeys(Deed, True) == {Deed(deed): lie["caught"] for deed, lie in played["lies"].items()}


SECRETS = [Secret.text(Kind.TEXT, "message", "북극곰은 내일 세 시에 떠나요"), Secret.text(Kind.NAME, "name", "sora")]


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


TRIED = Tried(Deed.DROP, "log-broken: …", "log-broken: …", {"w": "has-more"}, "period-unwitnessed: …", lacking=True)


@pytest.mark.parametrize("unnoticed", [{"served": ""}, {"alone": ""}, {"refused": {}}, {"helped": ""}])
def test_a_lie_that_anybody_misses_is_not_caught(unnoticed: dict[str, object]) -> None:
    """The public, the witnesses, and whoever comes later: each has to notice."""
    assert TRIED.caught
    assert not replace(TRIED, **unnoticed).caught  # type: ignore[arg-type]


def acted() -> Acted:
    """An act in which all went well."""
    return Acted(same_refused=True, counted=2, in_time=2, verified={"exit": 0}, pages=13, sums_notice=True,
                 altered={"exit": 3, "findings": [{"code": "log-broken", "message": "…"}]},
                 sought=Sought(1, finds=True))  # fmt: skip


BROKEN: dict[str, Callable[[Acted], None]] = {
    "K-12": lambda one: one.altered.update(exit=0),
    "K-17": lambda one: setattr(one, "counted", 1),
    "K-18": lambda one: setattr(one, "same_refused", False),
    "K-19": lambda one: setattr(one.sought, "finds", False),
}


@pytest.mark.parametrize(("id", "spoil"), BROKEN.items())
def test_the_act_fails_with_its_claims(id: str, spoil: Callable[[Acted], None]) -> None:
    """All held; and each claim fails alone when what it rests on is not so."""
    one = acted()
    assert _report(one).held
    spoil(one)
    assert [id] == [check.id for check in _report(one).checks if check.verdict == "failed"]
