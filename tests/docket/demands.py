"""A demand and what is decided of it, as plain values: ordinary where a test wants nothing else."""

from __future__ import annotations

from typing import Any

from nullabona.docket.core.instrument import DAY
from nullabona.docket.core.records import (
    CaseContent,
    ClassAnswer,
    Decision,
    Demand,
    Document,
    Gate,
    Identifier,
    Match,
)

NOW = 20_800 * DAY + 7
HANDLE = Identifier("handle", "mina@relay.example")
OTHER = Identifier("other", "+82 10 0000 0000")
FOUND = Match(HANDLE, found=True, record={"handle": "mina@relay.example", "name": "x"})
PLAIN: dict[str, Any] = {
    "instrument": "KR.WARRANT", "authority": "police", "authority_ref": "2026-1", "legal_basis": "형사소송법 제215조",
    "issued_day": 20_799, "received_s": NOW, "identifiers": (HANDLE,), "classes": ("subscriber",),
    "gates": (Gate("cover_copy_received", met=True),), "document": Document(bytes(32), bytes(64), 1),
    "called_back": True,
}  # fmt: skip


def demand(**more: Any) -> Demand:  # noqa: ANN401
    """One that nothing is wrong with."""
    return Demand(**(PLAIN | more))


def content(matches: tuple[Match, ...] = (FOUND,), **more: Any) -> CaseContent:  # noqa: ANN401
    """A case of a demand, with what was found."""
    return CaseContent(demand(**more), matches)


def produce(*answers: ClassAnswer, **more: Any) -> Decision:  # noqa: ANN401
    return Decision("produce", answers, **more)


def refuse(reason: Any = "gate_not_met", **more: Any) -> Decision:  # noqa: ANN401
    return Decision("refuse", reason=reason, **more)
