"""States in which a profile warns of its record or of its operator's docket, put into it while its app runs.

Each is what a device keeps and tells once it has found out; how it finds out is tested in tests/record, tests/operator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from nullabona.client.archive.plans import PLANS, RELAY, Plan, encode_plans
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
    "record-keys": ("keys-unproven", "digests-contradict"),
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


def _no_backup(step: Step) -> None:
    """The time to remind of a plan has come."""
    step.store.delete_value(PLANS)
    step.store.set_value("backup-remind", b"0")


def _late_backup(step: Step) -> None:
    """A drive that was away for long and then had lost the newest backup, and a server that does not answer."""
    day = 86_400_000
    drive = Plan("/media/mina/백업 드라이브", 1, b"p" * 16, b"w" * 16, step.now - 90 * day)
    server = Plan(RELAY, 7, b"p" * 16, b"w" * 16, step.now - 90 * day)
    said = {"good_at": step.now - 40 * day, "tried_at": step.now, "failures": 9, "size": 48_300_000}
    plans = (
        replace(drive, **said, error="backup-place-gone", doubt="rolled-back", doubt_at=step.now - 40 * day),
        replace(server, **said, error="backup-unreachable"),
    )
    step.store.set_value(PLANS, encode_plans(plans))


PUT: Final[dict[str, Callable[[Step], None]]] = {
    **{name: _told(*codes) for name, codes in CODES.items()},
    **{f"request-{found}": _standing(found) for found in (claims.PENDING, claims.PROMISED, claims.REFUTED)},
    "notices-unchecked": _unchecked,
    "record-wrong": _kept,
    "backup-missing": _no_backup,
    "backup-late": _late_backup,
}
