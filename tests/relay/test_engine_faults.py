"""What clients were told while an engine's primary is lost: no number has two contents, and no loss is hidden.

Each fault of the drill ``failover`` alone (spec/engine.md §5).
"""

from __future__ import annotations

import pytest

from nullabona.drills.failover.faults import FAULTS
from nullabona.drills.failover.findings import Outcome
from nullabona.drills.failover.scenario import play
from tests.drills.mutants.failover import MUTANTS
from tests.drills.mutants.kinds import Mutant
from tests.drills.test_failover import cable_or_skip
from tests.relay.engines import needs_engine
from tools.drill_mutants import play as play_mutant

pytestmark = [needs_engine, pytest.mark.timeout(180)]  # seven processes start, on a machine that may be busy


def played(fault: str) -> Outcome:
    """The fault, once."""
    outcome = play(lambda _: None, [fault], 0)
    assert [fault] == [each.fault for each in outcome.rounds] or outcome.lacking
    return outcome


def test_a_primary_that_is_lost_while_its_replica_lags() -> None:
    """Acknowledged frames are gone; not one place has two contents, and every loss can be noticed."""
    outcome = played("kill")
    assert (0, 0) == (outcome.doubled, outcome.hidden)
    assert outcome.gone > 0


@pytest.mark.slow
@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "kill"])
def test_every_other_fault(fault: str) -> None:
    """Nothing of what was told contradicts anything else, and the cluster is whole at the end."""
    outcome = played(fault)
    assert (0, 0) == (outcome.doubled, outcome.hidden)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.more[-1])
def test_without_the_rule_the_checker_fails(mutant: Mutant) -> None:
    """An incarnation that stays with its box: numbers get two contents, or losses that nobody could notice."""
    if "partition" in mutant.more:
        cable_or_skip()
    assert play_mutant(mutant).noticed
