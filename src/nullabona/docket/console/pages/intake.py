"""Takes in or amends a demand: a form for the document's content, and the original, which is never opened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Final, get_args

import msgspec

from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.acting import then
from nullabona.docket.console.pages.asking import Saying, ask_desk
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.request.answers import Answer, as_json
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.console.request.views import day, entered
from nullabona.docket.core import records
from nullabona.docket.core.acts import AmendDetails, IntakeDetails
from nullabona.docket.core.doubts import DemandDoubtful, Doubt
from nullabona.docket.core.instrument import DAY, Instrument, jurisdictions_of
from nullabona.docket.core.records import CaseView, Demand, Document, Gag, Gate, Identifier
from nullabona.docket.core.states import Action
from nullabona.errors import UserError
from nullabona.wire import demands
from nullabona.words.catalogue import pick
from nullabona.words.errors import in_words

CALLED: Final = "agency_called_back"
"""A gate that is the call-back itself; the form asks for it once."""
MOST_MIB = records.MAX_DOCUMENT >> 20


def choose(context: RequestContext) -> Answer:
    """Choose the instrument first: it determines the form."""
    today = context.now_s // DAY
    rows = [row for row in context.desk.taxonomy.rows if row.valid_on(today)]
    return context.page(
        "intake-choose.html", rows=rows, jurisdictions=jurisdictions_of(rows), signed=context.desk.sign_offs()
    )


def page(context: RequestContext) -> Answer:
    """The form of one instrument."""
    instrument = _instrument(context)
    return _form(context, instrument, _blank(context, instrument), "", None)


def _blank(context: RequestContext, instrument: Instrument) -> dict[str, str]:
    """An empty form: received now; life is at stake where the kind of demand is for that alone."""
    threat = {"threat": "1"} if instrument.legal_class == "emergency" else {}
    return {"received": entered(context.now_s, context.zone), **threat}


def hand_in(context: RequestContext) -> Answer:
    """Hold the original until the demand is signed. The console does not look into it."""
    session, _ = context.signed_in
    staged = context.console.staging.put(session, context.asked.body, context.now_s)
    return as_json({"id": staged.id, "sha256": staged.document.sha256.hex(), "size": f"{staged.document.size:,} B"})


def take_in(context: RequestContext) -> Answer:
    """Ask for the signature under a new case."""
    instrument, form, (session, _) = _instrument(context), context.asked.form(), context.signed_in
    try:
        staged = context.console.staging.get(session, form.get("document", ""), context.now_s)
        demand = read_demand(context, instrument, form, staged.document)
        despite = tuple(doubt for doubt in get_args(Doubt) if doubt in set(context.asked.many("despite")))
        proposal = context.desk.propose(context.acting, Action.INTAKE, None, IntakeDetails(demand, despite))
    except UserError as error:
        return _form(context, instrument, form, " ".join(in_words(error, context.display.language)), None, error)
    saying = Saying(
        _sentence(context, "say.intake", instrument, demand), then(context, "intake"), demand_lines(context, demand)
    )
    return ask_desk(context, proposal, saying, f"/intake/{instrument.id}", "/case/{case}", staged.data)


def amend_page(context: RequestContext) -> Answer:
    """The form, filled in from the case."""
    view = context.desk.show(context.acting, fields.case_id(context.params["case"]))
    return _form(
        context, context.console.instrument(view.content.demand), filled(view.content.demand, context.zone), "", view
    )


def amend(context: RequestContext) -> Answer:
    """Ask for the signature under an amended demand. Its original stays unless a new one was uploaded."""
    case = fields.case_id(context.params["case"])
    view, form, (session, _) = context.desk.show(context.acting, case), context.asked.form(), context.signed_in
    instrument = context.console.instrument(view.content.demand)
    try:
        staged = context.console.staging.get(session, form["document"], context.now_s) if form.get("document") else None
        demand = read_demand(context, instrument, form, staged.document if staged else view.content.demand.document)
        details = AmendDetails(demand, fields.note(form, "why", needed=True))
        proposal = context.desk.propose(context.acting, Action.AMEND, case, details)
    except UserError as error:
        return _form(context, instrument, form, " ".join(in_words(error, context.display.language)), view)
    saying = Saying(context.say("say.amend", number=view.number), then(context, "amend"), demand_lines(context, demand))
    data = staged.data if staged else None
    return ask_desk(context, proposal, saying, f"/case/{case.hex()}", f"/case/{case.hex()}", data)


def read_demand(context: RequestContext, instrument: Instrument, form: Mapping[str, str], document: Document) -> Demand:
    """The demand in a form. Raises `FormWrong`."""
    try:
        return _demand(context, instrument, form, document)
    except msgspec.ValidationError:
        raise FormWrong("a field is too long or too short") from None


def _demand(context: RequestContext, instrument: Instrument, form: Mapping[str, str], document: Document) -> Demand:
    registered = fields.optional_choice(form, "authority", [one.id for one in context.desk.staff.authorities()])
    called_back = "called-back" in form or (CALLED in instrument.gates and f"gate-{CALLED}" in form)
    if registered is None and called_back:
        raise FormWrong("an authority that is not registered cannot have been called back through the registry")
    asked = set(context.asked.many("classes"))
    demand = Demand(
        instrument=instrument.id,
        authority=registered or fields.line(form, "authority-new", longest=32),
        authority_ref=fields.line(form, "ref"),
        legal_basis=fields.line(form, "basis"),
        issued_day=fields.day(form, "issued"),
        received_s=fields.moment(form, "received", context.zone),
        identifiers=_identifiers(form),
        classes=tuple(one for one in get_args(demands.DataClass) if one in asked),
        gates=tuple(
            Gate(name, met=f"gate-{name}" in form, note=fields.note(form, f"gate-note-{name}"))
            for name in instrument.gates
        ),
        document=document,
        called_back=called_back,
        from_day=fields.optional_day(form, "from"),
        to_day=fields.optional_day(form, "to"),
        gag=_gag(form, context.zone),
        language=fields.choice(form, "language", ("ko", "en")),
        note=fields.note(form, "note"),
        emergency=True if "emergency" in form else msgspec.UNSET,
        respond_by_s=by_s if (by_s := fields.optional_moment(form, "respond-by", context.zone)) else msgspec.UNSET,
        threat=True if "threat" in form else msgspec.UNSET,
    )
    return msgspec.convert(msgspec.to_builtins(demand), Demand)


def _identifiers(form: Mapping[str, str]) -> tuple[Identifier, ...]:
    lines = [line.strip() for line in fields.note(form, "identifiers", needed=True).split("\n")]
    return tuple(Identifier("handle" if "@" in line else "other", line[: fields.SHORT]) for line in lines if line)


def _gag(form: Mapping[str, str], zone: tzinfo) -> Gag | None:
    if "gag" not in form:
        return None
    return Gag(fields.line(form, "gag-basis"), fields.optional_moment(form, "gag-until", zone))


def demand_lines(context: RequestContext, demand: Demand) -> tuple[tuple[str, str], ...]:
    """A demand in words, line by line."""
    span = (demand.from_day, demand.to_day)
    lines = [
        (context.say("case.ref"), demand.authority_ref),
        (context.say("case.basis"), demand.legal_basis),
        (context.say("case.issued"), day(demand.issued_day)),
        (context.say("case.received"), context.when(demand.received_s)),
        (context.say("case.identifiers"), "\n".join(one.text for one in demand.identifiers)),
        (context.say("case.asked"), ", ".join(context.say(f"data_class.{one}") for one in demand.classes)),
        (context.say("case.called-back"), context.say("yes" if demand.called_back else "no")),
        (context.say("case.document"), f"SHA-256 {demand.document.sha256.hex()}"),
    ]
    if span[0] is not None and span[1] is not None:
        lines.insert(4, (context.say("case.span"), f"{day(span[0])} – {day(span[1])}"))
    if isinstance(demand.respond_by_s, int):
        lines.append((context.say("due.respond-by"), context.when(demand.respond_by_s)))
    if demand.threat is True:
        lines.append((context.say("case.threat"), context.say("yes")))
    if demand.emergency is True:
        lines.append((context.say("case.emergency"), context.say("yes")))
    if demand.gates_unmet:
        lines.append((context.say("case.blocked"), ", ".join(demand.gates_unmet)))
    return tuple(lines)


def filled(demand: Demand, zone: tzinfo) -> dict[str, str]:
    """The form's field values for a demand."""
    found = {
        "authority": demand.authority,
        "authority-new": demand.authority,
        "ref": demand.authority_ref,
        "basis": demand.legal_basis,
        "issued": day(demand.issued_day),
        "received": entered(demand.received_s, zone),
        "identifiers": "\n".join(one.text for one in demand.identifiers),
        "language": demand.language,
        "note": demand.note,
        **{f"class-{one}": "1" for one in demand.classes},
        **{f"gate-{gate.name}": "1" for gate in demand.gates if gate.met},
        **{f"gate-note-{gate.name}": gate.note for gate in demand.gates},
    }
    if demand.called_back:
        found["called-back"] = "1"
    if demand.emergency is True:
        found["emergency"] = "1"
    if demand.threat is True:
        found["threat"] = "1"
    if isinstance(demand.respond_by_s, int):
        found["respond-by"] = entered(demand.respond_by_s, zone)
    if demand.from_day is not None and demand.to_day is not None:
        found |= {"from": day(demand.from_day), "to": day(demand.to_day)}
    if demand.gag is not None:
        until = entered(demand.gag.until_s, zone) if demand.gag.until_s is not None else ""
        found |= {"gag": "1", "gag-basis": demand.gag.basis, "gag-until": until}
    return found


def _form(
    context: RequestContext, instrument: Instrument, form: Mapping[str, str], problem: str, view: CaseView | None,
    error: UserError | None = None,
) -> Answer:  # fmt: skip
    values = dict(form)
    if any(one.id == values.get("authority") for one in context.desk.staff.authorities()):
        values.pop("authority-new", None)
    confirmed = context.asked.many("despite") if context.asked.body else ()
    doubts: dict[Doubt, tuple[str, ...]] = {doubt: () for doubt in get_args(Doubt) if doubt in confirmed}
    doubts |= error.doubts if isinstance(error, DemandDoubtful) else {}
    values |= {f"class-{one}": "1" for one in (context.asked.many("classes") if context.asked.body else ())}
    return context.page(
        "intake.html",
        status=409 if problem else 200,
        instrument=instrument,
        authorities=[one for one in context.desk.staff.authorities() if one.jurisdiction == instrument.jurisdiction],
        classes=get_args(demands.DataClass),
        form=values,
        problem=problem,
        doubts=[(doubt, ", ".join(numbers), doubt in confirmed) for doubt, numbers in doubts.items()],
        view=view,
        most=MOST_MIB,
        most_bytes=records.MAX_DOCUMENT,
    )


def _instrument(context: RequestContext) -> Instrument:
    found = context.desk.taxonomy.find(context.params["instrument"], context.now_s // DAY)
    if found is None:
        raise FormWrong("there is no such instrument today")
    return found


def _sentence(context: RequestContext, key: str, instrument: Instrument, demand: Demand) -> str:
    names = {one.id: one.name for one in context.desk.staff.authorities()}
    label = pick(instrument.label, context.display.language)
    return context.say(
        key, instrument=label, authority=names.get(demand.authority, demand.authority), ref=demand.authority_ref
    )
