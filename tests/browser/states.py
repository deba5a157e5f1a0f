"""States in which a profile warns of its record or of its operator's docket, put into it while its app runs.

Each is what a device keeps and tells once it has found out; how it finds out is tested in tests/record, tests/operator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from nullabona.client.core.directory.keeping import Evidence, keep_evidence
from nullabona.client.core.identity import claims
from nullabona.client.core.model.facts.account import HistoryCame, RelayMoved, Warned, WarningDetail
from nullabona.client.core.model.facts.union import Fact
from nullabona.client.core.model.records import ContactState
from nullabona.client.core.operator_notices.keeping import HeldItem, count_refused, load_counts, save_held
from nullabona.client.core.step import Step
from nullabona.wire.handle import parse_handle
from tests.operator.forging import Docket

CODES: Final[dict[str, tuple[str, ...]]] = {
    "record-lies": ("log-forked", "foreign-entry", "promise-broken"),
    "record-hides": ("not-witnessed", "log-rolled-back", "log-replaced", "log-stale"),
    "record-keys": ("keys-unproven",),
    "record-cards": ("card-not-in-log", "promise-invalid", "card-refuted", "card-changed"),
    "news": ("history-whole", "relay-moved", "room-forked"),
    "docket-lies": ("docket-forked", "docket-rolled-back", "docket-unproven", "operator-notice-unwitnessed"),
}
"""Screen → what is told there."""


NEWS: Final[dict[str, Fact]] = {
    "history-whole": HistoryCame(1_204, whole=True),
    "relay-moved": RelayMoved("relay.example", "old.example"),
}
"""What is no warning, but is told like one."""


def _told(*codes: str) -> Callable[[Step], None]:
    def put(step: Step) -> None:
        host = parse_handle(step.local.handle).authority
        for code in codes:
            detail = WarningDetail(host=host, handle=step.local.handle, epoch=4_711, reason="card-forked", relay=host)
            step.tell(NEWS.get(code) or Warned(code=code, detail=detail))

    return put


def _standing(found: claims.Standing) -> Callable[[Step], None]:
    def put(step: Step) -> None:
        for contact in step.store.contacts():
            if contact.state is ContactState.ASKING:
                claims.note(step, contact.account, found)

    return put


def _unchecked(step: Step) -> None:
    """One that stands in a docket of which no policy says anything, and two that were none."""
    docket = Docket(origin=f"{parse_handle(step.local.handle).authority}/docket")
    item = docket.item(step.local.handle, origin=docket.origin)
    save_held(step.store, [HeldItem(item, step.now // 1_000, told=True)])
    if not load_counts(step.store):
        for _ in range(2):
            count_refused(step.store, "note-invalid")


def _kept(step: Step) -> None:
    """What a directory showed, kept as evidence: of two records, and of another one than before."""
    host = parse_handle(step.local.handle).authority
    for code in ("log-forked", "log-replaced"):
        keep_evidence(step.store, Evidence(code, host, step.now // 1_000, b"before", code.encode()))


PUT: Final[dict[str, Callable[[Step], None]]] = {
    **{name: _told(*codes) for name, codes in CODES.items()},
    **{f"request-{found}": _standing(found) for found in (claims.PENDING, claims.PROMISED, claims.REFUTED)},
    "notices-unchecked": _unchecked,
    "record-wrong": _kept,
}
