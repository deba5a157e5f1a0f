"""A clock that runs ahead fixes nothing, and what is due to be erased is erased after a batch."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from click.testing import CliRunner

from nullabona.cli.docket import public
from nullabona.cli.docket.group import docket
from nullabona.docket.console.request.figures import Pulse
from nullabona.docket.console.run import publish_once
from nullabona.docket.core.instrument import DAY, HOUR
from nullabona.docket.publishing.batches import Published
from nullabona.docket.publishing.clock_watch import ClockDoubtful
from nullabona.machine.database import LeadershipLost
from nullabona.machine.steady import Steady, steady_now
from tests.docket.desks import Clock
from tests.docket.publishing import PublicOffice


class Machine:
    """A machine that has run an hour, and whose clock may be set."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.boot, self.seconds = clock, "one", HOUR

    def __call__(self) -> Steady:
        return Steady(self.boot, self.seconds)

    def pass_(self, seconds: int) -> None:
        """Time really passes."""
        self.clock.pass_(seconds)
        self.seconds += seconds

    def restart(self, off_s: int) -> None:
        """The machine is off for a while."""
        self.clock.pass_(off_s)
        self.boot, self.seconds = f"{self.boot}'", 0


@pytest.fixture
def machine(public_office: PublicOffice, clock: Clock) -> Machine:
    """The desk compares its clock with this."""
    made, desk = Machine(clock), public_office.desk
    desk._watch._steady = made
    made.pass_(HOUR)
    public_office.publish_due()
    return made


def batches(office: PublicOffice) -> int:
    """How many periods are fixed."""
    return len(office.desk._store.connection.execute("SELECT period FROM batch").fetchall())


def test_a_clock_that_jumps_ahead_fixes_nothing(public_office: PublicOffice, machine: Machine, clock: Clock) -> None:
    """Not one period of the five hours; set right, everything goes on, and nobody had to say anything."""
    before = batches(public_office)
    clock.pass_(5 * HOUR)
    with pytest.raises(ClockDoubtful):
        public_office.publish_due()
    assert before == batches(public_office)
    clock.pass_(-5 * HOUR)
    machine.pass_(HOUR)
    public_office.publish_due()
    assert (before + 1, ()) == (batches(public_office), public_office.verify().findings)


def test_a_step_of_a_period_is_no_jump(public_office: PublicOffice, machine: Machine, clock: Clock) -> None:
    """Clocks are set; what time service does to them stops nobody."""
    del machine
    clock.pass_(HOUR)
    assert public_office.publish_due().periods


def test_a_machine_that_ran_without_the_desk_writes_what_it_missed(
    public_office: PublicOffice, machine: Machine
) -> None:
    """The desk was stopped for a day; the machine knows that a day went by."""
    machine.pass_(DAY)
    assert 24 == len(public_office.publish_due().periods)


def test_after_a_restart_somebody_looks_at_the_clock(public_office: PublicOffice, machine: Machine) -> None:
    """Five hours off or a clock five hours ahead look alike; an operator who has looked says which it was, once."""
    machine.restart(5 * HOUR)
    with pytest.raises(ClockDoubtful):
        public_office.publish_due()
    assert 5 == len(public_office.loop.run(public_office.desk.publish_due(clock_is_right=True)).periods)
    machine.pass_(HOUR)
    assert 1 == len(public_office.publish_due().periods)


def test_a_clock_that_was_behind_may_be_set_right(public_office: PublicOffice, machine: Machine, clock: Clock) -> None:
    """What it said while it was behind is not kept."""
    clock.pass_(-5 * HOUR)
    public_office.publish_due()
    clock.pass_(5 * HOUR)
    machine.pass_(HOUR)
    assert 1 == len(public_office.publish_due().periods)


def test_nothing_is_erased_by_a_clock_that_jumped(public_office: PublicOffice, machine: Machine, clock: Clock) -> None:
    """Four years ahead, the register's time seems to be over."""
    del machine
    clock.pass_(4 * 366 * DAY)
    with pytest.raises(ClockDoubtful):
        public_office.publish_due()
    assert 0 == public_office.desk.erase_due()


def test_the_console_erases_after_each_batch(public_office: PublicOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not when the batch was refused."""
    erased: list[int] = []
    monkeypatch.setattr(type(public_office.desk), "erase_due", lambda _: erased.append(1))

    class Parts:
        desk, pulse = public_office.desk, Pulse()

    assert public_office.loop.run(publish_once(Parts(), public_office.clock))  # type: ignore[arg-type]

    async def doubtful(*, clock_is_right: bool) -> None:
        raise ClockDoubtful(str(clock_is_right))

    monkeypatch.setattr(Parts.desk, "publish_due", doubtful)
    assert public_office.loop.run(publish_once(Parts(), public_office.clock))  # type: ignore[arg-type]
    assert ([1], "docket-clock-doubtful") == (erased, getattr(Parts.pulse.problem, "code", None))


def test_the_machine_tells_how_long_it_has_run() -> None:
    """Always forward, under one name while it runs."""
    first, second = steady_now(), steady_now()
    assert (first.boot, True) == (second.boot, second.seconds >= first.seconds > 0)


class Command:
    """What ``nulla docket publish-due`` does to a desk, noted down."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.done: list[str] = []
        self.problem = problem

    @property
    def desk(self) -> Command:
        return self

    @property
    def log(self) -> Command:
        return self

    async def publish_due(self, *, clock_is_right: bool) -> Published:
        self.done.append(f"publish {clock_is_right}")
        if self.problem is not None:
            raise self.problem
        return Published((7,), 0)

    def erase_due(self) -> int:
        self.done.append("erase")
        return 0

    async def close(self) -> None:
        self.done.append("hang up")

    def run(self, monkeypatch: pytest.MonkeyPatch, *words: str) -> list[str]:
        monkeypatch.setattr(public, "at_desk", lambda _: nullcontext(self))
        CliRunner().invoke(docket, ["publish-due", *words])
        return self.done


def test_the_command_erases_after_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """And says that the clock is right only if it was told so; after a batch that was refused nothing is erased."""
    assert ["publish False", "hang up", "erase"] == Command().run(monkeypatch)
    assert ["publish True", "hang up", "erase"] == Command().run(monkeypatch, "--clock-is-right")
    assert ["publish False", "hang up"] == Command(ClockDoubtful("")).run(monkeypatch)


def test_a_console_whose_desk_was_taken_over_ends(public_office: PublicOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other failures are shown and tried again; this one leaves publishing, and so ends the process."""

    class Parts:
        desk, pulse = public_office.desk, Pulse()

    async def lost(*, clock_is_right: bool) -> None:
        raise LeadershipLost(str(clock_is_right))

    monkeypatch.setattr(Parts.desk, "publish_due", lost)
    with pytest.raises(LeadershipLost):
        public_office.loop.run(publish_once(Parts(), public_office.clock))  # type: ignore[arg-type]
