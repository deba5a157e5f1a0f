"""Officers and their roles, applicants, and waiting authenticators. It shows nothing about cases."""

from __future__ import annotations

from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.acting import then
from nullabona.docket.console.pages.asking import Saying, ask_desk, ask_own
from nullabona.docket.console.pages.confirming import said_of
from nullabona.docket.console.passkeys.refusals import FormWrong, TooFewPasskeys
from nullabona.docket.console.passkeys.signing import credential_id_of, credential_of, key_id_of
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.console.rules.session import LEAST_PASSKEYS
from nullabona.docket.console.store.records import Applicant, Passkey
from nullabona.docket.core.acts import DeskDetails, EnrolDetails, KeyDetails, RevokeDetails, RoleDetails
from nullabona.docket.core.deputies import DeputyDetails, EndDeputyDetails
from nullabona.docket.core.roles import ALONE, DESK, DeskAction, Role

HERE = "/officers"


def page(context: RequestContext) -> Answer:
    """All officers, applicants, waiting authenticators and recoveries."""
    console = context.console
    known = {officer.id for officer in console.desk.staff.officers()}
    for applicant in console.store.applicants():
        if applicant.officer in known:
            console.store.admitted(applicant.officer)
    officers = console.desk.staff.officers()
    return context.page(
        "officers.html",
        officers=officers,
        applicants=[(one, console.store.passkeys_of(one.officer)) for one in console.store.applicants()],
        waiting=[(one, key_id_of(one.credential_id)) for officer in officers for one in _waiting(context, officer.id)],
        recoveries={one.officer: one for one in console.store.recoveries()},
        may=Role.ADMIN in context.roles,
        every_role=tuple(Role),
        deputies=console.desk.staff.deputies(),
        may_end=bool(DESK[DeskAction.END_DEPUTY] & context.roles),
        absentees=[one for one in officers if one.active and not ALONE & set(one.roles)],
        now=context.now_s,
    )


def admit(context: RequestContext) -> Answer:
    """Ask for the first signature under an applicant's admission."""
    applicant = _applicant(context, context.params["officer"])
    passkeys = context.console.store.passkeys_of(applicant.officer)
    if len(passkeys) < LEAST_PASSKEYS:
        raise TooFewPasskeys("the applicant has fewer than two authenticators")
    keys = tuple(credential_of(one) for one in passkeys)
    details = EnrolDetails(applicant.officer, applicant.name, applicant.recipient, keys)
    lines = (("age", applicant.recipient), *((one.label, one.key_id) for one in keys))
    return _ask(context, DeskAction.ENROL, details, lines)


def turn_away(context: RequestContext) -> Answer:
    """Ask for the signature under forgetting an applicant, who must still not be admitted when it arrives."""
    applicant = _applicant(context, context.params["officer"])

    def do(signing: RequestContext) -> str:
        signing.console.store.turn_away(_applicant(signing, applicant.officer).officer)
        return HERE

    saying = Saying(context.say("say.turn-away", officer=applicant.officer), then(context, "turn-away"))
    return ask_own(context, "turn-away", applicant.officer, saying, HERE, do, frozenset({Role.ADMIN}))


def grant(context: RequestContext) -> Answer:
    """Ask for the first signature under a role."""
    details = RoleDetails(context.params["officer"], fields.choice(context.asked.form(), "role", tuple(Role)))
    return _ask(context, DeskAction.GRANT_ROLE, details)


def take(context: RequestContext) -> Answer:
    """Ask for the first signature under removing a role."""
    details = RoleDetails(context.params["officer"], fields.choice(context.asked.form(), "role", tuple(Role)))
    return _ask(context, DeskAction.TAKE_ROLE, details)


def appoint(context: RequestContext) -> Answer:
    """Ask for the first signature under somebody's acting for an absent officer."""
    form, zone = context.asked.form(), context.zone
    absent = fields.choice(form, "absent", [one.id for one in context.desk.staff.officers() if one.active])
    span = fields.moment(form, "from", zone), fields.moment(form, "until", zone)
    return _ask(context, DeskAction.APPOINT_DEPUTY, DeputyDetails(context.params["officer"], absent, *span))


def end(context: RequestContext) -> Answer:
    """Ask for the signature that ends a deputy's time; one suffices, because it only takes away."""
    appointed = [one.absent for one in context.desk.staff.deputies() if one.officer == context.params["officer"]]
    details = EndDeputyDetails(context.params["officer"], fields.choice(context.asked.form(), "absent", appointed))
    return _ask(context, DeskAction.END_DEPUTY, details)


def revoke(context: RequestContext) -> Answer:
    """Ask for the first signature under a revocation."""
    why = fields.note(context.asked.form(), "why", needed=True)
    return _ask(
        context, DeskAction.REVOKE, RevokeDetails(context.params["officer"], why), ((context.say("officers.why"), why),)
    )


def admit_key(context: RequestContext) -> Answer:
    """Ask for the first signature under another authenticator of an officer."""
    wanted = credential_id_of(context.params["key"])
    waiting = _waiting(context, context.params["officer"])
    found = next((one for one in waiting if one.credential_id == wanted), None)
    if found is None:
        raise FormWrong("this is not an authenticator that waits")
    key = credential_of(found)
    return _ask(context, DeskAction.ADD_KEY, KeyDetails(context.params["officer"], key), ((key.label, key.key_id),))


def _ask(
    context: RequestContext, action: DeskAction, details: DeskDetails, lines: tuple[tuple[str, str], ...] = ()
) -> Answer:
    proposal = context.desk.propose(context.acting, action, None, details)
    saying = Saying(said_of(context, action, details), then(context, action), lines)
    return ask_desk(context, proposal, saying, HERE, HERE)


def _waiting(context: RequestContext, officer: str) -> list[Passkey]:
    return [
        one for one in context.console.store.passkeys_of(officer) if not one.aside and not context.console.admitted(one)
    ]


def _applicant(context: RequestContext, officer: str) -> Applicant:
    """An applicant whom the desk does not know yet; an admitted officer's application is kept."""
    found = context.console.store.applicant(officer)
    if found is None or any(one.id == officer for one in context.desk.staff.officers()):
        raise FormWrong("there is no such applicant")
    return found
