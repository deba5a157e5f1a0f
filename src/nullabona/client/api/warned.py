"""Warnings that are still valid: each is reported once, when it occurs, and can be queried afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nullabona.client.api.finding import room_requests
from nullabona.client.core.directory.errors import CardRefuted, LogStale
from nullabona.client.core.directory.evidence import subject_of
from nullabona.client.core.directory.keeping import Evidence, forgotten_s, load_evidence, load_pinned
from nullabona.client.core.identity import claims
from nullabona.client.core.model.ports import Store
from nullabona.client.core.preferences import of_contact
from nullabona.client.core.step import Step

IDENTITY_CHANGED: Final = "identity-changed"
_OF_DOCKETS: Final = ("docket-", "operator-notice-")
"""Codes that begin so are about the operator's docket: forgetting its directory's record does not answer them."""


@dataclass(frozen=True, slots=True)
class StandingWarning:
    """Something outside that is still wrong. ``code`` and ``detail`` are as in `Warned`.

    ``at_s``: when it was met last, in seconds since 1970; 0 where it is true now, whenever it began.
    """

    code: str
    at_s: int
    detail: Mapping[str, Any]


def standing_warnings(step: Step) -> tuple[StandingWarning, ...]:
    """What was kept as evidence, oldest first; then people whom the record refutes, or whose handle leads elsewhere.

    Evidence against a record is over when the person has it forgotten (`Client.record.forget`); that one had stopped
    is over when it goes on.
    """
    return (*_kept(step.store), *_people(step), *_invitations(step))


def _kept(store: Store) -> list[StandingWarning]:
    newest: dict[tuple[str, str, str], StandingWarning] = {}
    for each in load_evidence(store):
        if not _is_over(store, each):
            handle, epoch = subject_of(each.shown) or ("", 0)
            about = {"handle": handle, "epoch": epoch} if handle else {}
            newest[each.code, each.host, handle] = StandingWarning(each.code, each.at_s, {"host": each.host, **about})
    return sorted(newest.values(), key=lambda warning: warning.at_s)


def _is_over(store: Store, kept: Evidence) -> bool:
    if kept.code.startswith(_OF_DOCKETS):
        return False
    pinned = load_pinned(store, kept.host)
    goes_on = kept.code == LogStale.code and pinned is not None and pinned.seen_s > kept.at_s
    at_s = forgotten_s(store, kept.host)
    return goes_on or (at_s is not None and kept.at_s <= at_s)


def _people(step: Step) -> list[StandingWarning]:
    found = []
    for contact in step.store.contacts():
        detail = {"handle": contact.handle, "account": contact.account}
        if claims.warns(step, contact.account):
            found.append(StandingWarning(CardRefuted.code, 0, detail))
        if of_contact(step.store, contact.account).changed:
            found.append(StandingWarning(IDENTITY_CHANGED, 0, detail))
    return found


def _invitations(step: Step) -> list[StandingWarning]:
    known = {contact.account for contact in step.store.contacts()}
    return [
        StandingWarning(CardRefuted.code, 0, {"handle": asked.handle, "account": asked.account})
        for asked in room_requests(step.store).values()
        if asked.account not in known and claims.warns(step, asked.account)
    ]
