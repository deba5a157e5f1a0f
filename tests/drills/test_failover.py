"""What the drill ``failover`` makes of what clients were told, and that its network can be cut."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from nullabona.drills.failover.faults import FAULTS, Stage, pair
from nullabona.drills.failover.findings import Outcome, Round
from nullabona.drills.failover.history import Acknowledged, Box, History, Judgement, Notes
from nullabona.drills.failover.network import TwoSides
from nullabona.drills.failover.report import report_of
from nullabona.drills.reporting.report import Verdict
from nullabona.processes.engine import EngineCluster
from nullabona.processes.program import ProcessFailed, run
from tests.drills.leftovers import processes_of, started, wait_until_said
from tests.relay.engines import needs_engine

OLD, NEW = b"old", b"new"
FINE = Judgement(acknowledged=500, places=600, doubled=0, gone=0, hidden=0, silence_s=2.0)


def told(*acknowledged: tuple[bytes, int, bytes], shown: tuple[tuple[bytes, int, bytes], ...] = ()) -> Notes:
    """Of one box: incarnation, number and name of frames, a second apart."""
    every = [Acknowledged(0, *each, at=float(at)) for at, each in enumerate(acknowledged)]
    return Notes([(0, *each) for each in shown], every)


def judged(box: Box, *notes: Notes) -> Judgement:
    history = History()
    for each in notes:
        history.add(each)
    return history.judge({0: box})


def test_what_everybody_agrees_on_is_no_finding() -> None:
    """A frame that one relay acknowledged and another showed, and that is still there."""
    one, other = told((OLD, 1, b"a"), (OLD, 2, b"b")), told(shown=((OLD, 1, b"a"), (OLD, 2, b"b")))
    assert Judgement(2, 2, 0, 0, 0, 1.0) == judged(Box(OLD, 2, {b"a", b"b"}), one, other)


@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_number_with_two_contents_is_found(*, acknowledged: bool) -> None:
    """Whether a relay acknowledged the other one, or only showed it."""
    other = told((OLD, 1, b"b")) if acknowledged else told(shown=((OLD, 1, b"b"),))
    assert 1 == judged(Box(OLD, 1, {b"a", b"b"}), told((OLD, 1, b"a")), other).doubled


@pytest.mark.parametrize(
    ("box", "hidden"),
    [(Box(NEW, 5, set()), 0), (Box(OLD, 0, set()), 0), (Box(OLD, 1, {b"b"}), 1), (Box(OLD, 9, set()), 1)],
)
def test_a_loss_is_hidden_unless_the_box_tells_of_it(box: Box, hidden: int) -> None:
    """Another incarnation tells of it, and a head that is below the frame does."""
    came = judged(box, told((OLD, 1, b"a")))
    assert (1, hidden) == (came.gone, came.hidden)


def outcome_of(**changed: Judgement) -> Outcome:
    """Every fault once, and all is well but for what ``changed`` says."""
    usual = {"kill": replace(FINE, gone=70)}
    return Outcome([Round(fault, 5.0, (usual | changed).get(fault, FINE)) for fault in FAULTS], seconds=60)


def verdict(outcome: Outcome) -> Verdict:
    (check,) = report_of(outcome).checks
    return check.verdict


def test_losses_that_show_are_no_failure() -> None:
    """That is what the rule is for."""
    assert Verdict.HELD == verdict(outcome_of())


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("wrong", [{"doubled": 1}, {"gone": 1, "hidden": 1}])
def test_what_contradicts_itself_breaks_the_claim(fault: str, wrong: dict[str, int]) -> None:
    """Under whichever fault, which the report names; also if another fault was not played."""
    outcome = outcome_of(**{fault: replace(FINE, **wrong)})
    assert Verdict.FAILED == verdict(outcome)
    assert f"{fault}: 1" in report_of(outcome).checks[0].text.en
    outcome.rounds = [each for each in outcome.rounds if each.fault == fault]
    assert Verdict.FAILED == verdict(outcome)


def test_less_than_all_faults_prove_nothing() -> None:
    """One that was left out, a network that cannot be cut here, or nothing that was lost."""
    for fault in FAULTS:
        outcome = outcome_of()
        outcome.rounds = [each for each in outcome.rounds if each.fault != fault]
        assert Verdict.UNPROVEN == verdict(outcome)
        assert f"not played: {fault}" in report_of(outcome).checks[0].text.en
    assert Verdict.UNPROVEN == verdict(outcome_of(kill=FINE))


class Turncoat:
    """A node that says in turn whether it is a primary, and which replicas it has; the last of it again and again."""

    def __init__(self, port: int, *says: tuple[bool, list[int]]) -> None:
        self.port = port
        self._says = list(says)

    def is_primary(self) -> bool:
        return self._says[0][0]

    def replicas(self) -> list[int]:
        _, found = self._says[0]
        del self._says[: len(self._says) > 1]
        return found


class Nodes:
    """As an `EngineCluster`, without waiting."""

    def __init__(self, *nodes: Turncoat) -> None:
        self.nodes = nodes

    def primaries(self) -> list[Turncoat]:
        return [node for node in self.nodes if node.is_primary()]

    def node(self, port: int) -> Turncoat:
        return next(node for node in self.nodes if node.port == port)

    def until(self, holds: Callable[[], bool], what: str, patience_s: float) -> None:
        assert patience_s > 60
        if not any(holds() for _ in range(9)):
            raise ProcessFailed(what)


def test_a_fault_finds_a_pair_though_nodes_change_places() -> None:
    """On a busy machine a replica took over by itself: the old primary will never have a replica again."""
    old = Turncoat(1, (True, []), (False, []))
    new = Turncoat(2, (True, []), (True, []), (True, [1]))
    stage = Stage(cast(EngineCluster, Nodes(old, new)), lambda _: None, lambda: None, None)
    victim, replica = pair(stage)
    assert (2, 1) == (victim.port, replica.port)


def cable_or_skip() -> None:
    """Skip where no network namespace can be made."""
    try:
        with TwoSides():
            pass
    except ProcessFailed as error:
        pytest.skip(error.message)


def reaches(network: TwoSides) -> bool:
    """Whether one side has a way to the other."""
    near, far = network.sides
    ask = f"import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('{far.host}', 9))"
    return 0 == run((*near.enter, sys.executable, "-c", ask)).code


def test_the_cable_can_be_pulled() -> None:
    """There is a way, there is none, and there is one again."""
    cable_or_skip()
    with TwoSides() as network:
        reached = [reaches(network)]
        network.cut()
        reached.append(reaches(network))
        network.join()
        reached.append(reaches(network))
    assert [True, False, True] == reached


@needs_engine
@pytest.mark.slow
def test_ended_from_outside_it_leaves_nothing_behind(tmp_path: Path) -> None:
    """SIGTERM while a replica is stopped: no node is left, and no file."""
    with started(tmp_path, "failover", "--fault", "kill") as drill:
        wait_until_said(drill, "A primary is killed")
        os.kill(drill.pid, signal.SIGTERM)
        drill.communicate(timeout=120)
    assert drill.returncode != 0
    assert [] == list(tmp_path.iterdir())
    assert [] == processes_of(drill.pid, tmp_path)
