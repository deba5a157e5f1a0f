"""Invites officers to add passkeys, and lists what must be signed to admit passkeys."""

from __future__ import annotations

import secrets

from nullabona.docket.console.passkeys.refusals import EnrolmentRefused, NotReady
from nullabona.docket.console.passkeys.signing import credential_of
from nullabona.docket.console.rules.session import ENROLMENT_S
from nullabona.docket.console.store.records import Enrolment
from nullabona.docket.console.store.rows import ConsoleRows
from nullabona.docket.core.acts import EnrolDetails, KeyDetails
from nullabona.docket.core.roles import DeskAction
from nullabona.docket.desk import Desk
from nullabona.docket.keeping.staff import NoSuchOfficer


def invite(store: ConsoleRows, officer: str, name: str, now_s: int, *, known: bool) -> tuple[str, Enrolment]:
    """A single-use token with which an officer adds passkeys. Raises `EnrolmentRefused` or `NotReady`.

    An officer with passkeys uses them to add others. For such an officer, a token needs a recovery that
    has waited long enough.
    """
    if store.passkeys_of(officer):
        recovery = store.recovery(officer)
        if recovery is None or not known:
            raise EnrolmentRefused(
                "this officer has passkeys",
                hint="they add another one in the console; if all are lost, two admins begin a recovery there",
            )
        if not recovery.ready(now_s):
            raise NotReady("two admins must vouch, and a day must pass")
    token, enrolment = secrets.token_urlsafe(32), Enrolment(officer, name, now_s + ENROLMENT_S, known)
    store.keep_enrolment(token, enrolment)
    return token, enrolment


def admission(desk: Desk, store: ConsoleRows, officer: str) -> list[tuple[DeskAction, EnrolDetails | KeyDetails]]:
    """The actions, signed by two, that admit an applicant, or the passkeys of an officer that the desk does not know.

    Raises `EnrolmentRefused` if there is no application under this name.
    """
    keys = [credential_of(one) for one in store.passkeys_of(officer) if not one.aside]
    try:
        desk.staff.officer(officer)
    except NoSuchOfficer:
        applicant = store.applicant(officer)
        if applicant is None:
            raise EnrolmentRefused("nobody of this name has applied") from None
        return [(DeskAction.ENROL, EnrolDetails(officer, applicant.name, applicant.recipient, tuple(keys)))]
    known = {one.key_id for one in desk.staff.credentials(officer)}
    return [(DeskAction.ADD_KEY, KeyDetails(officer, key)) for key in keys if key.key_id not in known]
