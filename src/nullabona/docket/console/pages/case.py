"""One case: its state, its next step and all its content. Every view is entered in the journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from nullabona.docket.cases.retention import KEEPERS
from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.acting import decision_lines, gag_lines
from nullabona.docket.console.pages.asking import Saying, ask_own
from nullabona.docket.console.pages.standing import PATH, RECEIPTED, limits_of, standing, unmet
from nullabona.docket.console.request.answers import Answer, download
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.core.acts import ASKS, HandOverDetails, Officer
from nullabona.docket.core.records import CaseView, Demand, Event, Package
from nullabona.docket.core.roles import Role, can_read
from nullabona.docket.core.states import Action, State
from nullabona.docket.production.certificate import MANIFEST
from nullabona.docket.production.classes import answer_of
from nullabona.docket.production.manifest import read_manifest
from nullabona.errors import Malformed, UserError
from nullabona.wire import demands
from nullabona.wire.canonical import canonical


def page(context: RequestContext) -> Answer:
    """The case."""
    case = fields.case_id(context.params["case"])
    view = context.desk.show(context.acting, case)
    history = context.desk.history(context.acting, case)
    given = any(event.kind == "hand-over" for event in history)
    receipted = State(view.state) in RECEIPTED
    form, problem = _form(context, view) if receipted and Role.RELEASER in context.roles else (None, "")
    package = context.desk.preview(context.acting, case) if view.content.package_sha256 else None
    demand = view.content.demand
    instrument = context.console.instrument(demand)
    authorities = {one.id: one for one in context.desk.staff.authorities()}
    return context.page(
        "case.html",
        case=view,
        id=case.hex(),
        demand=demand,
        instrument=instrument,
        signed_off=instrument.row in context.desk.sign_offs(),
        authority=authorities.get(demand.authority),
        standing=standing(
            view,
            context.me,
            context.roles,
            limits_of(view, instrument, context.now_s, handed_over=given),
            handed_over=given,
        ),
        way=_way(view),
        dues=[due for due in context.desk.dues() if due.case == case],
        colleagues=_late(context),
        keepable=view.state == State.CLOSED and not KEEPERS.isdisjoint(context.roles),
        handed_over=given,
        delivered=any(event.kind in {"notice-delivered", "notice-undeliverable"} for event in history),
        receipted=receipted,
        urgent=_urgent(demand),
        receipt_from=_receipt_from(context, view, history),
        form_now=form,
        form_problem=problem,
        history=[event for event in reversed(history) if event.kind != "read"],
        reads=sum(event.kind == "read" for event in history),
        custodian_named=_custodian_named(package),
        package=_files(package),
        decision=decision_lines(context, view.content.decision) if view.content.decision else (),
        proposed=gag_lines(context, view),
        asks=ASKS,
        matches={one.identifier.text: one for one in view.content.matches},
        possible={one: answer_of(one, view.content.matches, instrument.fields) for one in demand.classes},
        unmet=unmet(demand),
        answers=get_args(demands.Answer),
        reasons=get_args(demands.RefusalReason),
    )


def document(context: RequestContext) -> Answer:
    """The original, as a download; the console chooses the file name."""
    case = fields.case_id(context.params["case"])
    return download(context.desk.document(context.acting, case), f"original-{case.hex()[:8]}.bin")


def package_file(context: RequestContext) -> Answer:
    """One file of the package, to download and check before approving it."""
    case = fields.case_id(context.params["case"])
    package = context.desk.preview(context.acting, case)
    number = int(context.params["number"])
    if package is None or not 0 <= number < len(package.files):
        return context.page("wrong.html", 404, sentence=context.say("wrong.missing"), hint="", code="")
    name = package.files[number].path.rpartition("/")[2]
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
    return download(package.files[number].data, safe.lstrip(".") or "file.bin")


def receipt(context: RequestContext) -> Answer:
    """The receipt in the form that the authority gets before any data."""
    case = fields.case_id(context.params["case"])
    return download(canonical(context.desk.receipt(context.acting, case)), f"receipt-{case.hex()[:8]}.json")


async def handed_over(context: RequestContext) -> Answer:
    """The package in the form that a releaser signed; the name of an unsealed one says so."""
    seal = context.desk.handing_over(context.acting, fields.case_id(context.params["case"]))
    name, data = await context.console.aside(lambda: seal().download())
    return download(data, name)


def share(context: RequestContext) -> Answer:
    """Ask for the signature under sharing a case with an officer who joined later."""
    case = fields.case_id(context.params["case"])
    view = context.desk.show(context.acting, case)
    officer = fields.choice(context.asked.form(), "officer", [one.id for one in _late(context)])
    saying = Saying(context.say("say.share", number=view.number, officer=officer), (context.say("then.share.1"),))
    back = f"/case/{case.hex()}"

    def do(signing: RequestContext) -> str:
        signing.desk.share(signing.acting, case, officer)
        return back

    return ask_own(context, "share", f"{case.hex()} {officer}", saying, back, do)


def keep(context: RequestContext) -> Answer:
    """Ask for the signature under keeping a closed case longer."""
    case, form = fields.case_id(context.params["case"]), context.asked.form()
    number, back = context.desk.show(context.acting, case).number, f"/case/{case.hex()}"
    until, basis = fields.day(form, "until"), fields.line(form, "basis")
    saying = Saying(
        context.say("say.keep-case", number=number, day=form["until"]), (context.say("then.keep-case.1", basis=basis),)
    )

    def do(signing: RequestContext) -> str:
        signing.desk.keep_longer(signing.acting, case, until, basis)
        return back

    return ask_own(context, "keep-case", f"{case.hex()} {form['until']} {basis}", saying, back, do, KEEPERS)


def _form(context: RequestContext, view: CaseView) -> tuple[HandOverDetails | None, str]:
    """The form of a hand-over now, or the error of the custodian's key."""
    try:
        return context.desk.form_of(view), ""
    except UserError as error:
        return None, context.in_words(error)


def _urgent(demand: Demand) -> bool:
    return demand.threat is True or demand.emergency is True


def _receipt_from(context: RequestContext, view: CaseView, history: Sequence[Event]) -> int | None:
    """When the period ends whose slot the receipt opens; None where nobody has to wait for it any more or yet."""
    answered = view.state in {State.PRODUCED, State.REFUSED}
    if not answered and (State(view.state) in RECEIPTED or not _urgent(view.content.demand)):
        return None
    taken_s = max((event.at_s for event in history if event.kind in {Action.INTAKE, Action.AMEND}), default=None)
    return None if taken_s is None else context.desk.cadence.due_of(context.desk.cadence.period_at(taken_s))


def _late(context: RequestContext) -> list[Officer]:
    """The other officers who may read cases."""
    return [one for one in context.desk.staff.officers() if one.active and can_read(one.roles) and one.id != context.me]


def _custodian_named(package: Package | None) -> bool:
    """Whether the certificate names the person who declares what it says."""
    files = {file.path: file.data for file in package.files} if package is not None else {}
    try:
        return bool(read_manifest(files[MANIFEST]).operator.custodian_name)
    except (KeyError, Malformed):
        return False


def _files(package: Package | None) -> tuple[tuple[int, str, int], ...]:
    files = package.files if package is not None else ()
    return tuple((number, file.path, len(file.data)) for number, file in enumerate(files))


def _way(view: CaseView) -> list[tuple[State, str]]:
    """The steps of the case: each with the state to name, and whether it is done, current, or ahead."""
    state = State(view.state)
    now = next(number for number, step in enumerate(PATH) if state in step)
    names = [state if number == now else step[0] for number, step in enumerate(PATH)]
    return [(name, "done" if number < now else "now" if number == now else "") for number, name in enumerate(names)]
