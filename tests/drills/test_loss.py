"""The drill ``loss`` with a small crowd, on real processes; then what its report makes of other outcomes."""

from __future__ import annotations

import dataclasses

import pytest
from click.testing import CliRunner

from nullabona.cli import drill
from nullabona.drills.loss.crowd import name_of
from nullabona.drills.loss.play import Outcome, Size, play
from nullabona.drills.loss.report import report
from nullabona.drills.report import Report, Verdict
from nullabona.wire.handle import check_name

SMALL = Size(accounts=12, rooms=4, rate=10.0, before_s=3.0, after_s=2.0, period_s=2)
GOOD = Outcome(SMALL, 100, 500, 2, 15, 40, 4.0, 0, 1.0, 0, 0, 0, 3.0, 10.0, 50.0)


def test_a_small_crowd_loses_nothing() -> None:
    """They talk, the relay is taken, they go on: everybody has everything once."""
    outcome = play(lambda _: None, SMALL)
    assert (0, 0, 0) == (outcome.missing, outcome.twice, outcome.forged)
    assert outcome.said > 20
    assert 2 == outcome.away
    assert outcome.lacking > outcome.waiting > 0, "nobody had to get anything that only the relay had"
    assert report(outcome).held


@pytest.mark.timeout(240)
def test_a_small_crowd_follows_the_cards() -> None:
    """The empty relay has another name: those who opened rooms go there, everybody else finds them, nothing is lost."""
    outcome = play(lambda _: None, dataclasses.replace(SMALL, accounts=6, rooms=2, renamed=True))
    assert (0, 0, 0) == (outcome.missing, outcome.twice, outcome.forged)
    assert outcome.lacking > 0, "nothing was under way when the relay was taken"
    assert 0 < outcome.movers <= 2, "somebody must be left who has only cards to go by"
    assert {"S-24": Verdict.HELD} == {check.id: check.verdict for check in report(outcome).checks}


def test_the_command_plays_what_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every option arrives where it belongs."""
    sizes: list[Size] = []

    def played(_: object, size: Size) -> Report:
        sizes.append(size)
        return report(GOOD)

    monkeypatch.setattr(drill, "run_loss", played)
    options = {"accounts": 7, "rooms": 3, "rate": 1.5, "seconds": 4, "patience": 60}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    assert 0 == CliRunner().invoke(drill.drill, ["loss", *words, "--renamed"]).exit_code
    assert [Size(accounts=7, rooms=3, rate=1.5, before_s=4, after_s=4, patience_s=60, renamed=True)] == sizes


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("renamed", [False, True])
def test_two_hundred_people_lose_nothing(*, renamed: bool) -> None:
    """The size that the drill has by default, also when the empty relay has another name."""
    outcome = play(lambda _: None, Size(renamed=renamed))
    assert (0, 0, 0) == (outcome.missing, outcome.twice, outcome.forged)
    assert report(outcome).held


@pytest.mark.parametrize("in_memory", [True, False])
def test_the_report_says_where_profiles_lay(*, in_memory: bool) -> None:
    """And what else is otherwise than in life."""
    said = " ".join(report(dataclasses.replace(GOOD, in_memory=in_memory)).render("en").split())
    assert in_memory == ("profiles in memory" in said)
    assert in_memory != ("profiles beside it" in said)
    assert "The directory's period is 2 s (an operator's default is 600)" in said


def test_the_report_says_who_moved() -> None:
    """Of a relay under another name: how many went there, and how many had only cards to go by."""
    made = report(dataclasses.replace(GOOD, size=dataclasses.replace(SMALL, renamed=True), movers=4))
    assert (4, True) == (made.data["movers"], made.data["renamed"])
    said = " ".join(made.render("en").split())
    assert "4 people who had opened rooms went there; 8 followed what their cards say" in said
    assert "another name" not in report(GOOD).render("en")


@pytest.mark.parametrize("fault", [{"missing": 1}, {"twice": 1}, {"forged": 1}, {"recovery_s": 61.0}])
def test_what_goes_wrong_breaks_the_claim(fault: dict[str, float]) -> None:
    """A lost line, one that is there twice, one that nobody said, a minute that is over."""
    made = report(dataclasses.replace(GOOD, **fault))  # type: ignore[arg-type]
    assert [Verdict.FAILED] == [check.verdict for check in made.checks]
    assert report(GOOD).held
    assert made.render("ko") != made.render("en")


def test_everybody_has_a_name_of_their_own() -> None:
    """Names that a directory takes, and no two alike."""
    names = [name_of(number) for number in range(500)]
    assert len(set(names)) == 500
    assert names == [check_name(name) for name in names]
