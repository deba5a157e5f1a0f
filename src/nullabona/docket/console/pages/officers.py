"""Officers: who works here with which roles, who has applied, and which authenticators wait. Nothing of any case."""

from __future__ import annotations

from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.acting import then
from nullabona.docket.console.pages.asking import Saying, ask_desk, ask_own
from nullabona.docket.console.pages.confirming import said_of
from nullabona.docket.console.passkeys.refusals import FormWrong, TooFewPasskeys
from nullabona.docket.console.passkeys.signing import credential_id_of, credential_of, key_id_of
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import Visit
from nullabona.docket.console.rules.session import LEAST_PASSKEYS
from nullabona.docket.console.store.records import Applicant, Passkey
from nullabona.docket.core.acts import DeskDetails, EnrolDetails, KeyDetails, RevokeDetails, RoleDetails
from nullabona.docket.core.roles import DeskAction, Role

HERE = "/officers"


def page(visit: Visit) -> Answer:
    """Everybody, applicants, waiting authenticators and recoveries."""
    house = visit.house
    known = {officer.id for officer in house.desk.officers()}
    for applicant in house.store.applicants():
        if applicant.officer in known:
            house.store.admitted(applicant.officer)
    officers = house.desk.officers()
    return visit.page(
        "officers.html",
        officers=officers,
        applicants=[(one, house.store.passkeys_of(one.officer)) for one in house.store.applicants()],
        waiting=[(one, key_id_of(one.credential_id)) for officer in officers for one in _waiting(visit, officer.id)],
        recoveries={one.officer: one for one in house.store.recoveries()},
        may=Role.ADMIN in visit.roles,
        every_role=tuple(Role),
        now=visit.now_s,
    )


def admit(visit: Visit) -> Answer:
    """Ask for the first signature under an applicant's admission."""
    applicant = _applicant(visit, visit.params["officer"])
    passkeys = visit.house.store.passkeys_of(applicant.officer)
    if len(passkeys) < LEAST_PASSKEYS:
        raise TooFewPasskeys("the applicant has fewer than two authenticators")
    keys = tuple(credential_of(one) for one in passkeys)
    details = EnrolDetails(applicant.officer, applicant.name, applicant.recipient, keys)
    lines = (("age", applicant.recipient), *((one.label, one.key_id) for one in keys))
    return _ask(visit, DeskAction.ENROL, details, lines)


def turn_away(visit: Visit) -> Answer:
    """Ask for the signature under forgetting an applicant, who must not have been admitted by the time it is there."""
    applicant = _applicant(visit, visit.params["officer"])

    def do(signing: Visit) -> str:
        signing.house.store.turn_away(_applicant(signing, applicant.officer).officer)
        return HERE

    saying = Saying(visit.say("say.turn-away", officer=applicant.officer), then(visit, "turn-away"))
    return ask_own(visit, "turn-away", applicant.officer, saying, HERE, do, frozenset({Role.ADMIN}))


def grant(visit: Visit) -> Answer:
    """Ask for the first signature under a role."""
    details = RoleDetails(visit.params["officer"], fields.choice(visit.asked.form(), "role", tuple(Role)))
    return _ask(visit, DeskAction.GRANT_ROLE, details)


def take(visit: Visit) -> Answer:
    """Ask for the first signature under taking a role away."""
    details = RoleDetails(visit.params["officer"], fields.choice(visit.asked.form(), "role", tuple(Role)))
    return _ask(visit, DeskAction.TAKE_ROLE, details)


def revoke(visit: Visit) -> Answer:
    """Ask for the first signature under a revocation."""
    why = fields.note(visit.asked.form(), "why", needed=True)
    return _ask(
        visit, DeskAction.REVOKE, RevokeDetails(visit.params["officer"], why), ((visit.say("officers.why"), why),)
    )


def admit_key(visit: Visit) -> Answer:
    """Ask for the first signature under another authenticator of an officer."""
    wanted = credential_id_of(visit.params["key"])
    waiting = _waiting(visit, visit.params["officer"])
    found = next((one for one in waiting if one.credential_id == wanted), None)
    if found is None:
        raise FormWrong("this is not an authenticator that waits")
    key = credential_of(found)
    return _ask(visit, DeskAction.ADD_KEY, KeyDetails(visit.params["officer"], key), ((key.label, key.key_id),))


def _ask(visit: Visit, action: DeskAction, details: DeskDetails, lines: tuple[tuple[str, str], ...] = ()) -> Answer:
    proposal = visit.house.desk.propose(visit.acting, action, None, details)
    saying = Saying(said_of(visit, action, details), then(visit, action), lines)
    return ask_desk(visit, proposal, saying, HERE, HERE)


def _waiting(visit: Visit, officer: str) -> list[Passkey]:
    return [one for one in visit.house.store.passkeys_of(officer) if not one.aside and not visit.house.admitted(one)]


def _applicant(visit: Visit, officer: str) -> Applicant:
    """Somebody who applied and whom the desk does not know: whom it has admitted keeps what they applied with."""
    found = visit.house.store.applicant(officer)
    if found is None or any(one.id == officer for one in visit.house.desk.officers()):
        raise FormWrong("there is no such applicant")
    return found
