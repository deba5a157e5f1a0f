"""What every event is, and those about the account as a whole that its operator causes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Happened:
    """Base of every event."""

    kind: ClassVar[str]
    id: int


@dataclass(frozen=True, slots=True)
class OperatorNoticeChanged(Happened):
    """The operator reported a demand about this account, and its docket log proves it; or the person put that away.

    Read it (`Client.operator_notices.get`). Of each notice there is one event when it came.
    """

    kind = "operator-notice"
    notice: bytes
    put_away: bool
