"""What an operator may choose of the directory beside a relay (`nulla relay serve`, docs/how-to/run-a-relay.md)."""

from __future__ import annotations

import pytest

from nullabona.directory.core.limits import Limits, Rate
from nullabona.machine.settings import BadConfig
from nullabona.operating.directory import BURST_S, MOST_CHANGES_PER_S, take_settings


def test_without_a_word_the_limits_are_the_defaults() -> None:
    assert Limits() == take_settings({}).limits


@pytest.mark.parametrize("per_s", [1, 1_500, MOST_CHANGES_PER_S])
def test_changes_a_second_are_raised_with_what_may_come_at_once(per_s: int) -> None:
    """Nothing else is, and the setting is taken out of those of the relay."""
    settings = {"changes_per_s": per_s, "queue_bytes": 1}
    chosen = take_settings(settings)
    rate = Rate(burst=BURST_S * per_s, per_s=per_s)
    lookups = rate if per_s > Limits().lookups.per_s else Limits().lookups
    assert Limits(changes=rate, registrations=rate, lookups=lookups) == chosen.limits
    assert {"queue_bytes": 1} == settings


@pytest.mark.parametrize("wrong", [0, -1, MOST_CHANGES_PER_S + 1, 1.5, "200", True])
def test_what_is_no_rate_is_refused(wrong: object) -> None:
    with pytest.raises(BadConfig, match="changes_per_s"):
        take_settings({"changes_per_s": wrong})
