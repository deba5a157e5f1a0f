"""How often, on the public pages: never nought of anything."""

from __future__ import annotations

import pytest

from nullabona.docket.site.telling import Teller


@pytest.mark.parametrize(
    ("seconds", "ko", "en"),
    [
        (3_600, "1시간마다", "every 1 h"), (7_200, "2시간마다", "every 2 h"), (1_200, "20분마다", "every 20 min"),
        (36, "36초마다", "every 36 s"), (90, "90초마다", "every 90 s"), (5_400, "90분마다", "every 90 min"),
    ],
)  # fmt: skip
def test_a_period_is_said_in_a_unit_that_is_whole(seconds: int, ko: str, en: str) -> None:
    """A trial of 36 seconds was shown as 0 minutes, and as hundredth parts of an hour."""
    assert (ko, en) == (Teller("ko").period(seconds), Teller("en").period(seconds))
