"""The soak itself, small: every deed once on real processes; then what its claims make of other outcomes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.soak.ledger import Line
from bench.soak.plan import DEEDS, Shape
from bench.soak.report import claims, data, page
from bench.soak.scenario import Outcome, play

SMALL = Shape(crowds=2, accounts=3, rooms=3, rate=4.0, wire_pairs=5, wire_rate=20.0, wire_idle=10, calm_s=4.0,
              day_s=30.0, deeds=DEEDS)  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_is_lost_whatever_is_done_to_them(tmp_path: Path) -> None:
    """Rooms and devices come and go, clients and relay are killed, the data is deleted: each line comes once to all."""
    made = asyncio.run(play(tmp_path, SMALL, lambda _: None))
    about_time = {claim.name for claim in claims(made) if "flat" in claim.name}
    assert [] == [claim for claim in claims(made) if claim.failed and claim.name not in about_time]
    assert list(DEEDS) == [deed for deed, _, _ in made.deeds]
    assert made.ledger.heard > 100
    assert made.wire["delivered"] > 200


def good() -> Outcome:
    """A run in which everything held: 300 s, memory and latency the same all the time."""
    made = Outcome(Shape(minutes=5.0), seconds=300.0, calm=[(0.0, 300.0)])
    for device in ("anna", "ben"):
        made.ledger.come("room", device)
        made.ledger.sit("room", device, 0.0)
    for second in range(1, 300):
        line = Line("anna", "room", second)
        made.ledger.say(line, float(second))
        made.ledger.hear("ben", line, second + 0.1)
        made.wire_delays.append((float(second), 0.01))
    lives = made.watch._lives
    lives["relay"] = {1: [(float(second), 60.0) for second in range(300)]}
    lives["crowd 0"] = {2: [(float(second), 80.0) for second in range(300)]}
    made.wire.update({"acked": 1_000, "delivered": 1_000, "expired": 3})
    said = made.ledger.said_in("room")
    for device in ("anna", "ben"):
        made.histories.compare(device, said, Counter(said))
    return made


def broken(made: Outcome) -> list[str]:
    made.ledger.close()
    made.lacking = made.ledger.lacking()
    return [claim.name for claim in claims(made) if claim.failed]


def forge(made: Outcome) -> None:
    made.ledger.hear("ben", Line("cem", "room", 1), 5.0)


def lose(made: Outcome) -> None:
    made.ledger.say(Line("ben", "room", 1), 5.0)


def repeat(made: Outcome) -> None:
    made.ledger.hear("ben", Line("anna", "room", 5), 5.0)


def stray(made: Outcome) -> None:
    made.ledger.hear("cem", Line("anna", "room", 5), 5.0)


def slow_down(made: Outcome) -> None:
    made.wire_delays += [(290.0 + number / 1_000, 2.0) for number in range(500)]


def leak(made: Outcome) -> None:
    made.watch._lives["relay"][1] = [(at, mib + at / 10) for at, mib in made.watch._lives["relay"][1]]


def mix_up(made: Outcome) -> None:
    """As many lines as there should be: one is lost, another one doubled."""
    said = made.ledger.said_in("room")
    made.histories.compare("cem", said, Counter([*said[1:], said[1]]))


@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (forge, "none was made up"),
        (lose, "every message reached every member"),
        (repeat, "none was told of twice"),
        (stray, "none reached who had left"),
        (mix_up, "the histories hold exactly"),
        (slow_down, "of the wire is flat"),
        (leak, "memory of the relay is flat"),
        (lambda made: made.wire.update({"missing": 1}), "every frame that the relay acknowledged was read"),
        (lambda made: made.wire.update({"twice": 1}), "no frame was read twice"),
        (lambda made: made.wire.update({"wiped": 1}), "every frame that the relay acknowledged was read"),
        (lambda made: made.wire.update({"gone too early": 1}), "until their day is over"),
        (lambda made: made.wire.update({"kept too long": 1}), "until their day is over"),
        (lambda made: made.wire.subtract({"delivered": 1_000}), "every frame that the relay acknowledged was read"),
        (lambda made: made.watch._lives.pop("relay"), "memory of the relay is flat"),
        (lambda made: made.watch._lives.pop("crowd 0"), "memory of the clients is flat"),
        (lambda made: made.ledger.delays.clear(), "of the clients is flat"),
        (lambda made: made.wire_delays.clear(), "of the wire is flat"),
        (lambda made: made.faults.append("fault: KeyError in find:3"), "no fault of its own"),
    ],
)
def test_whatever_goes_wrong_breaks_a_claim(fault: Callable[[Outcome], None], claim: str) -> None:
    """Each claim fails for what it is about, and nothing else does; a good run breaks none."""
    assert [] == broken(good())
    made = good()
    fault(made)
    found = broken(made)
    assert found
    assert all(claim in name for name in found)


def test_a_frame_that_was_missed_is_not_excused_by_a_wipe_at_another_time() -> None:
    """What a wipe took is no fault in a run with a wipe; what is missing is one all the same."""
    made = good()
    made.deeds.append(("wipe-relay", 1.0, 1.0))
    made.wire.update({"wiped": 7})
    assert [] == broken(made)
    made.wire.update({"missing": 1})
    claim = "every frame that the relay acknowledged was read, unless its data was deleted between"
    assert [claim] == broken(made)


@pytest.mark.parametrize(("minutes", "verdict"), [(2.9, None), (3.0, False)])
def test_a_run_that_saw_no_frame_expire_says_so(minutes: float, *, verdict: bool | None) -> None:
    """It fails if it was long enough; if it was not, the page says that nobody knows."""
    made = good()
    made.shape, made.seconds = Shape(minutes=minutes), 60 * minutes
    del made.wire["expired"]
    found = next(claim for claim in claims(made) if "until their day is over" in claim.name)
    assert (verdict, "not measured") == (found.held, found.figure[:12])
    assert f"{found.name}: not measured" in page(made, [found], "m")


def test_a_run_that_is_too_short_claims_little_and_says_so() -> None:
    """Nothing fails of what could not be measured, and nothing of it is left out."""
    made, short = good(), good()
    short.shape, short.seconds, short.calm = Shape(minutes=0.3), 18.0, [(0.0, 0.3)]
    short.watch._lives.clear()
    short.wire_delays.clear()
    short.ledger.delays.clear()
    del short.wire["expired"]
    assert [] == broken(short)
    said = page(short, claims(short), "m").splitlines()
    assert 7 == sum(line.startswith("open   ") and line.endswith(": not measured: too short") for line in said)
    assert [claim.name for claim in claims(made)] == [claim.name for claim in claims(short)]


def test_the_page_says_what_failed() -> None:
    """For a person in words, for a machine as JSON; who and what is named."""
    made = good()
    lose(made)
    broken(made)
    found = claims(made)
    failed = "FAILED every message reached every member that should have it: 299 of 300: [('anna'"
    assert failed in page(made, found, "m")
    told = data(made, found, "m")
    assert ["every message reached every member that should have it"] == [
        claim["name"] for claim in told["claims"] if not claim["held"]
    ]
