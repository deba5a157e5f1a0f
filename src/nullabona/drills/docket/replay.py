"""Many demands through one desk: what was done with each, for counting afterwards. Works in the desk's thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nullabona.docket.core.receipt import Receipt
from nullabona.docket.core.records import CaseId
from nullabona.docket.core.statements import Report
from nullabona.docket.ports import Deliver
from nullabona.drills.docket.demands import Asked, many
from nullabona.drills.docket.office import Office
from nullabona.drills.docket.walking import begin, finish, hand_over
from nullabona.wire.slots import case_tag

_OVER = frozenset({"due", "late"})


@dataclass(frozen=True, slots=True)
class Answered:
    """A demand that was answered. ``receipt`` is what its authority holds."""

    asked: Asked
    case: CaseId
    folder: Path
    receipt: Receipt = field(repr=False)
    in_time: bool
    """No timer of it had run out when it was handed over."""
    told: bool

    @property
    def tag(self) -> str:
        """What the public record calls the case."""
        return case_tag(self.case)


@dataclass(slots=True)
class Replay:
    """The desk, and everything that passed through it. Packages come to lie below ``folder``."""

    office: Office
    here: str
    folder: Path
    deliver: Deliver
    answered: list[Answered] = field(default_factory=list)
    delivered: int = 0
    report: Report | None = None

    def pass_through(self, count: int) -> None:
        """``count`` more demands, from the letter box to the close. Raises what the desk raises."""
        arrived = many(self.office.catalogue, count, self.here, self.office.pace(), len(self.answered))
        cases = [(asked, self._begin(asked)) for asked in arrived]
        self.office.tick()
        self._notices()
        for asked, case in cases:
            self._end(asked, case)

    def publish(self) -> None:
        """Open what may be shown, draw up the half-year's figures, deliver the last notices."""
        self.office.tick()
        self._notices()
        self.office.open_published()
        self.office.tick()
        self.report = self.office.figures()

    def _begin(self, asked: Asked) -> CaseId:
        self.office.publish_due()
        return begin(self.office, asked)

    def _end(self, asked: Asked, case: CaseId) -> None:
        late = any(due.case == case and due.level in _OVER for due in self.office.desk.dues())
        folder = self.folder / f"{len(self.answered) + 1:04d}"
        given = hand_over(self.office, case, folder)
        told = finish(self.office, case, asked.row)
        self.answered.append(Answered(asked, case, folder, given.receipt, not late, told))

    def _notices(self) -> None:
        self.delivered += self.office.desk.deliver_notices(self.office.who("rolf"), self.deliver).delivered


def kinds_of(answered: Sequence[Answered]) -> dict[str, int]:
    """How many demands of each kind."""
    found: dict[str, int] = {}
    for each in answered:
        found[each.asked.row.id] = found.get(each.asked.row.id, 0) + 1
    return found
