"""The drill ``loss`` with a small crowd, on real processes; then what its report makes of other outcomes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from nullabona.cli.drill import drill
from nullabona.drills.loss import report as loss
from nullabona.drills.loss.crowd import Crowd, Person, name_of
from nullabona.drills.loss.findings import Outcome, Size
from nullabona.drills.loss.report import WHOLE, report_of
from nullabona.drills.loss.scenario import play
from nullabona.drills.reporting.report import Verdict
from nullabona.wire.handle import check_name
from nullabona.wire.lookalikes import resembles_reserved, skeleton

SMALL = Size(accounts=12, rooms=4, rate=10.0, before_s=3.0, after_s=2.0, period_s=2)
GOOD = Outcome(
    WHOLE, said=2_000, deliveries=13_000, away=20, waiting=300, lacking=2_000, gap_s=4.5, recovery_s=11.0, movers=0,
    all_s=9.0, slowest_s=12.0, missing=0, twice=0, forged=0, setup_s=90.0, talked_s=40.0, memory_mb=3_000.0,
)  # fmt: skip
RENAMED = replace(GOOD, size=replace(WHOLE, renamed=True), movers=50)


def verdicts(outcome: Outcome) -> dict[str, Verdict]:
    return {check.id: check.verdict for check in report_of(outcome).checks}


def reason(outcome: Outcome) -> str:
    return " ".join(check.text.en for check in report_of(outcome).checks)


def test_a_small_crowd_loses_nothing() -> None:
    """They talk, the relay is taken, they go on: everybody has everything once, which says little of two hundred."""
    outcome = play(lambda _: None, SMALL)
    assert (0, 0, 0) == (outcome.missing, outcome.twice, outcome.forged)
    assert outcome.said > 20
    assert 2 == outcome.away
    assert outcome.lacking > outcome.waiting > 0, "nobody had to get anything that only the relay had"
    assert outcome.gap_s >= 3
    assert 0 < outcome.slowest_s
    assert ({"S-22": Verdict.UNPROVEN}, True) == (verdicts(outcome), report_of(outcome).held)
    assert "unproven at this size: 12 accounts, 4 rooms" in reason(outcome)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_small_crowd_follows_the_cards() -> None:
    """The empty relay has another name: those who opened rooms go there, everybody else finds them, nothing is lost."""
    outcome = play(lambda _: None, replace(SMALL, accounts=6, rooms=2, renamed=True))
    assert (0, 0, 0) == (outcome.missing, outcome.twice, outcome.forged)
    assert outcome.lacking > 0, "nothing was under way when the relay was taken"
    assert 0 < outcome.movers <= 2, "somebody must be left who has only to rely on other people's cards"
    assert ({"S-24": Verdict.UNPROVEN}, True) == (verdicts(outcome), report_of(outcome).held)
    assert "unproven at this size: 6 accounts, 2 rooms" in reason(outcome)


def test_the_command_plays_what_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every option arrives where it belongs. A small crowd that lost nothing is no failure, and proves nothing."""
    sizes: list[Size] = []

    def played(_: object, size: Size) -> Outcome:
        sizes.append(size)
        return replace(GOOD, size=size)

    monkeypatch.setattr(loss, "play", played)
    options = {"accounts": 7, "rooms": 3, "rate": 1.5, "seconds": 4, "patience": 60}
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    ran = CliRunner().invoke(drill, ["loss", *words, "--renamed"])
    assert (0, True) == (ran.exit_code, "? not proven S-24" in ran.stdout)
    assert [Size(accounts=7, rooms=3, rate=1.5, before_s=4, after_s=4, patience_s=60, renamed=True)] == sizes


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("renamed", [False, True])
def test_two_hundred_people_lose_nothing(*, renamed: bool) -> None:
    """The size that the lines speak of, also when the empty relay has another name: held, not merely not failed."""
    outcome = play(lambda _: None, Size(renamed=renamed))
    assert (0, 0, 0) == (outcome.missing, outcome.twice, outcome.forged)
    assert {"S-24" if renamed else "S-22": Verdict.HELD} == verdicts(outcome), reason(outcome)


def test_the_lines_speak_of_two_hundred_people() -> None:
    """What is played if nothing else is asked for is what spec/threat-model.md says."""
    assert (200, 50, 50.0) == (WHOLE.accounts, WHOLE.rooms, WHOLE.rate)
    assert ({"S-22": Verdict.HELD}, {"S-24": Verdict.HELD}) == (verdicts(GOOD), verdicts(RENAMED))


@pytest.mark.parametrize(
    ("less", "why"),
    [
        ({"size": replace(WHOLE, accounts=199)}, "unproven at this size"),
        ({"size": replace(WHOLE, rooms=49)}, "unproven at this size"),
        ({"said": 1_799}, "unproven at this size: 200 accounts, 50 rooms and 45.0 messages"),
        ({"lacking": 0}, "nothing was at stake"),
        ({"waiting": 0}, "nothing was at stake"),
        ({"away": 0}, "nothing was at stake"),
    ],
)
def test_less_than_the_lines_speak_of_proves_nothing(less: dict[str, Any], why: str) -> None:
    """Fewer people, rooms or words, or nothing that could be lost: neither held nor failed, and the report says why."""
    for good in (GOOD, RENAMED):
        changed = {**less, "size": replace(less["size"], renamed=good.size.renamed)} if "size" in less else less
        outcome = replace(good, **changed)
        assert [Verdict.UNPROVEN] == list(verdicts(outcome).values())
        assert why in reason(outcome)
        assert report_of(outcome).held
        assert [Verdict.FAILED] == list(verdicts(replace(outcome, missing=1)).values())


@pytest.mark.parametrize("movers", [0, 200])
def test_a_name_that_everybody_was_told_proves_nothing(movers: int) -> None:
    """Somebody must move, and somebody must have nothing but their card to go by."""
    outcome = replace(RENAMED, movers=movers)
    assert ({"S-24": Verdict.UNPROVEN}, True) == (
        verdicts(outcome),
        "to rely on other people's cards" in reason(outcome),
    )


@pytest.mark.parametrize("in_memory", [True, False])
def test_the_report_says_where_profiles_lay(*, in_memory: bool) -> None:
    """And what else is otherwise than in life."""
    said = " ".join(report_of(replace(GOOD, in_memory=in_memory)).render("en").split())
    assert in_memory == ("profiles in memory" in said)
    assert in_memory != ("profiles beside it" in said)
    assert "The directory's period is 15 s (an operator's default is 600)" in said


def test_the_report_says_who_moved() -> None:
    """Of a relay under another name: how many went there, and how many had only to rely on other people's cards."""
    made = report_of(RENAMED)
    assert (50, True) == (made.data["movers"], made.data["size"]["renamed"])
    said = " ".join(made.render("en").split())
    assert "50 people who had opened rooms moved there; 150 followed their cards" in said
    assert "another name" not in report_of(GOOD).render("en")


def test_the_report_says_from_when_seconds_count() -> None:
    """How long there was no relay, how long what was lacking took, how long the last word and the slowest delivery."""
    said = " ".join(report_of(GOOD).render("en").split())
    assert "The empty relay answered 4.5 s later; 2000 deliveries were still missing then, and 11.0 s later" in said
    assert "After the last message it took 9.0 s until everybody had it. The slowest delivery took 12.0 s" in said
    assert (4.5, 11.0, 9.0, 12.0) == tuple(
        report_of(GOOD).data[f"{what}_s"] for what in ("gap", "recovery", "all", "slowest")
    )


@pytest.mark.parametrize(
    "fault",
    [{"missing": 1}, {"twice": 1}, {"forged": 1}, {"recovery_s": 60.1}, {"all_s": 60.1}, {"slowest_s": 60.1}],
)
def test_what_goes_wrong_breaks_the_claim(fault: dict[str, float]) -> None:
    """A lost line, one that is there twice, one that nobody said, a minute that is over, whichever is counted."""
    made = report_of(replace(GOOD, **fault))  # type: ignore[arg-type]
    assert [Verdict.FAILED] == [check.verdict for check in made.checks]
    assert made.render("ko") != made.render("en")


def test_the_slowest_delivery_counts_from_the_word_or_from_the_empty_relay(tmp_path: Path) -> None:
    """Whichever is later; what one said oneself, what was never shown and others' rooms do not count."""
    crowd = Crowd(tmp_path, 0, 2, AsyncExitStack())
    for number, shown in ((0, {}), (1, {("room", "00", "early"): 130.0, ("room", "00", "late"): 150.0})):
        person = crowd._people[number] = Person(tmp_path, name_of(number))
        person.account, person.shown = f"0{number}", shown
    rooms = {"room": [0, 1, 7], "elsewhere": [8, 9]}
    early, late, lost = ("room", "00", "early", 80.0), ("room", "00", "late", 145.0), ("room", "00", "lost", 80.0)
    own, others = ("room", "01", "own", 1.0), ("elsewhere", "08", "others", 1.0)
    for lines, since, slowest in (
        ([early, late, lost, own, others], 100.0, 30.0),
        ([late], 100.0, 5.0),
        ([early], 70.0, 50.0),
        ([lost, own, others], 70.0, 0.0),
    ):
        assert slowest == asyncio.run(crowd.slowest(rooms, lines, since))


def test_what_waits_is_for_those_who_are_away(tmp_path: Path) -> None:
    """Of the lines that lack, those that the others lack are under way and wait for nobody."""
    crowd = Crowd(tmp_path, 0, 3, AsyncExitStack())
    for number in range(3):
        crowd._people[number] = Person(tmp_path, name_of(number))
        crowd._people[number].account = f"0{number}"
    crowd._people[2].shown = {("room", "00", "one"): 1.0}
    crowd._away = {2}
    said = [("room", "00", text, 1.0) for text in ("one", "two", "three")]

    async def counted() -> tuple[int, int]:
        await crowd.expect({"room": [0, 1, 2]}, said)
        return await crowd.lacking(), await crowd.waiting()

    assert (5, 2) == asyncio.run(counted())


def test_everybody_has_a_name_of_their_own() -> None:
    """Names that a directory takes, and no two alike."""
    names = [name_of(number) for number in range(500)]
    assert len(set(names)) == 500
    assert names == [check_name(name) for name in names]


def test_no_two_of_a_crowd_look_alike() -> None:
    """Or the directory would refuse the second."""
    names = [name_of(number) for number in range(2_000)]
    assert (2_000, 0) == (len({skeleton(name) for name in names}), sum(map(resembles_reserved, names)))
