"""ISO 8601 durations, as far as laws use them: years, months, weeks, days, hours and minutes in whole numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from nullabona.errors import Malformed

_FORM: Final = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,3})Y)?(?:([0-9]{1,3})M)?(?:([0-9]{1,3})W)?(?:([0-9]{1,4})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,4})H)?(?:([0-9]{1,4})M)?)?"
)
_DAYS_PER_MONTH: Final = 31
_DAYS_PER_YEAR: Final = 366


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time. Months are kept apart from days: how long they are depends on where they begin."""

    months: int
    days: int
    seconds: int

    @property
    def exact_s(self) -> int | None:
        """Its length in seconds; None if it counts months or years."""
        return None if self.months else self.days * 86_400 + self.seconds

    @property
    def at_most_days(self) -> int:
        """The most whole days it can take, rounded up: what a duty to keep goes by."""
        years, months = divmod(self.months, 12)
        return years * _DAYS_PER_YEAR + months * _DAYS_PER_MONTH + self.days + -(-self.seconds // 86_400)


def parse_duration(text: str) -> Duration:
    """The duration that ``text`` writes, without leading zeros. Raises `Malformed`."""
    found = _FORM.fullmatch(text, 0)
    if found is None or any(part is not None and part != str(int(part)) for part in found.groups()):
        raise Malformed("a duration is not written as P2M, P30D or PT36H")
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
    return Duration(12 * years + months, 7 * weeks + days, 3_600 * hours + 60 * minutes)
