"""The rows of the taxonomy as the desk uses them, and whether counsel answers for each."""

from __future__ import annotations

from nullabona.docket.console.pages import fields
from nullabona.docket.console.pages.acting import then
from nullabona.docket.console.pages.asking import Saying, ask_desk
from nullabona.docket.console.pages.confirming import said_of, sign_off_lines, waiting_of
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.console.request.answers import Answer
from nullabona.docket.console.request.context import RequestContext
from nullabona.docket.core.acts import SignOffDetails
from nullabona.docket.core.instrument import DAY, jurisdictions_of
from nullabona.docket.core.roles import DESK, DeskAction

HERE = "/laws"
LONGEST = 400


def page(context: RequestContext) -> Answer:
    """Every row that is in force, what nobody compared with the law, and who signed it off."""
    today, signed = context.now_s // DAY, context.desk.sign_offs()
    rows = [row for row in context.desk.taxonomy.rows if row.valid_on(today)]
    return context.page(
        "laws.html", rows=rows, jurisdictions=jurisdictions_of(rows), signed=signed,
        count=sum(row.row in signed for row in rows),
        may=bool(context.roles & DESK[DeskAction.SIGN_OFF]), waiting=waiting_of(context, DeskAction.SIGN_OFF),
    )  # fmt: skip


def sign_off(context: RequestContext) -> Answer:
    """Ask for the first signature under a row as it is now."""
    form, instrument = context.asked.form(), context.params["instrument"]
    proposal = context.desk.propose_sign_off(context.acting, instrument, fields.line(form, "source", longest=LONGEST))
    details = proposal.details
    if not isinstance(details, SignOffDetails) or details.row.hex() != form.get("row"):
        raise FormWrong("the row has changed since the page was shown")
    saying = Saying(said_of(context, DeskAction.SIGN_OFF, details), then(context, "sign-off"),
                    sign_off_lines(context, details), grave=True)  # fmt: skip
    return ask_desk(context, proposal, saying, HERE, HERE)
