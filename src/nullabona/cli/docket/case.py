"""``nulla docket`` on cases: from intake to close, each step signed by the officer of --officer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import click
import msgspec

from nullabona.cli.docket.chosen import at_desk
from nullabona.cli.docket.show import say_done, show_case, show_dues, show_lines
from nullabona.cli.docket.times import read_time, zone_here
from nullabona.cli.help import command
from nullabona.cli.settings import spoken
from nullabona.cli.usage import Misused
from nullabona.docket.cases.casework import describe_document
from nullabona.docket.core.acts import AmendDetails, IntakeDetails, stated
from nullabona.docket.core.decide import DemandIncomplete
from nullabona.docket.core.doubts import Doubt
from nullabona.docket.core.records import ClassAnswer, Decision, Demand
from nullabona.docket.core.states import Action
from nullabona.docket.desk import Proposal
from nullabona.docket.keeping.case_files import NoSuchCase
from nullabona.operating.desk import OpenedDesk, read_original

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


def find(at: OpenedDesk, name: str) -> bytes:
    """The case of a number like 2026-00007, or of the beginning of its id."""
    hits = [line.id for line in at.desk.cases(at.who) if line.number == name or line.id.hex().startswith(name.lower())]
    if len(hits) != 1:
        raise NoSuchCase("there is no such case, or more than one")
    return hits[0]


def read_demand(path: Path, document: bytes) -> Demand:
    """A demand from a JSON file; the document's digests are filled in. Raises `DemandIncomplete`."""
    try:
        fields = msgspec.json.decode(path.read_bytes())
        fields["document"] = msgspec.to_builtins(describe_document(document))
        return msgspec.convert(fields, Demand)
    except (OSError, TypeError, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise DemandIncomplete(f"the demand cannot be used: {error}") from None


@command()
@click.argument("demand", type=_FILE)
@click.option(
    "--document", type=_FILE, required=True, help="The original as received. It is stored sealed and never opened."
)
@click.option(
    "--despite", multiple=True, type=click.Choice(get_args(Doubt)), help="Take the demand in despite this doubt."
)
@spoken
@click.pass_context
def intake(context: click.Context, demand: Path, document: Path, despite: tuple[Doubt, ...]) -> None:
    """Take a demand in. DEMAND is a JSON file (spec/docket.md §2).

    The desk refuses a demand that is out of date, or whose reference or document it already has, until you confirm each
    of these doubts with --despite.
    """
    original = read_original(document)
    with at_desk(context) as at:
        details = IntakeDetails(read_demand(demand, original), despite)
        done = at.sign(at.desk.propose(at.who, Action.INTAKE, None, details), original)
        say_done(context, at, done)


@command()
@click.argument("case")
@click.argument("demand", type=_FILE)
@click.option("--document", type=_FILE, required=True, help="The original.")
@click.option("--why", required=True, help="What is corrected.")
@spoken
@click.pass_context
def amend(context: click.Context, case: str, demand: Path, document: Path, why: str) -> None:
    """Correct a demand. This voids every approval, and the case starts again."""
    original = read_original(document)
    with at_desk(context) as at:
        details = AmendDetails(read_demand(demand, original), why)
        say_done(context, at, at.sign(at.desk.propose(at.who, Action.AMEND, find(at, case), details), original))


@command("list")
@spoken
@click.pass_context
def list_cases(context: click.Context) -> None:
    """List the cases with their state and next deadline."""
    with at_desk(context) as at:
        lines = at.desk.cases(at.who)
        show_lines(context, lines)


@command()
@click.argument("case")
@spoken
@click.pass_context
def show(context: click.Context, case: str) -> None:
    """Show a case. The journal records that you read it."""
    with at_desk(context) as at:
        show_case(context, at.desk.show(at.who, find(at, case)))


def _step(name: str, text: str, propose: Callable[[OpenedDesk, bytes], Proposal]) -> click.Command:
    """A command that takes nothing but the case."""

    @command(name, help=text)
    @click.argument("case")
    @spoken
    @click.pass_context
    def step(context: click.Context, case: str) -> None:
        with at_desk(context) as at:
            say_done(context, at, at.sign(propose(at, find(at, case))))

    return step


def _plain(action: Action) -> Callable[[OpenedDesk, bytes], Proposal]:
    return lambda at, case: at.desk.propose(at.who, action, case, stated(action))


def _sign_stated(
    context: click.Context, at: OpenedDesk, action: Action, case: str, text: str, until_s: int | None = None
) -> None:
    proposal = at.desk.propose(at.who, action, find(at, case), stated(action, text, until_s))
    say_done(context, at, at.sign(proposal))


match = _step(
    "match", "Look up the demand's identifiers in the directory.", lambda at, case: at.desk.propose_match(at.who, case)
)
review = _step("review", "Confirm that the case agrees with the original.", _plain(Action.REVIEW))
produce = _step(
    "produce", "Give the second approval, and produce or refuse as decided.",
    lambda at, case: at.desk.propose_release(at.who, case),
)  # fmt: skip
receipt = _step("receipt", "Issue the receipt to the authority.", _plain(Action.RECEIPT))
notify = _step(
    "notify", "Notify the person. The notice is delivered once the log proves it. Some kinds of demands must wait for "
    "that.",
    lambda at, case: at.desk.propose_notify(at.who, case),
)  # fmt: skip
nobody_to_tell = _step("nobody-to-tell", "Record that the demand matched no account.", _plain(Action.NOBODY_TO_TELL))
confirm_bar = _step(
    "confirm-bar", "Give the second signature for a bar on the notice.",
    lambda at, case: at.desk.propose_confirm_bar(at.who, case),
)  # fmt: skip
publish = _step("publish-case", "Publish the case, if law and gag allow.", _plain(Action.PUBLISH))
seal = _step("seal", "Keep the case sealed until its horizon.", _plain(Action.SEAL))
close = _step("close", "Close a case whose answer was handed over.", _plain(Action.CLOSE))
confirm_gag = _step(
    "confirm-gag", "Give the second signature for a change of the gag.",
    lambda at, case: at.desk.propose_confirm_gag(at.who, case),
)  # fmt: skip


@command()
@click.argument("case")
@click.option("--refuse", metavar="REASON", help="Refuse; the reasons are in spec/docket.md §2.")
@click.option("--grounds", default="", help="The grounds of a conflict with another country's law.")
@click.option(
    "--answer", "answers", multiple=True, metavar="CLASS=ANSWER[:REASON]", help="One answer for each class, in order."
)
@spoken
@click.pass_context
def decide(context: click.Context, case: str, refuse: str | None, grounds: str, answers: tuple[str, ...]) -> None:
    """Decide: --refuse REASON, or an --answer for every class that was asked for."""
    with at_desk(context) as at:
        proposal = at.desk.propose_decision(at.who, find(at, case), make_decision(refuse, grounds, answers))
        say_done(context, at, at.sign(proposal))


def make_decision(refuse: str | None, grounds: str, answers: tuple[str, ...]) -> Decision:
    """Raises `UsageError` for words that are none of the lists'."""
    try:
        if refuse is not None:
            return msgspec.convert({"outcome": "refuse", "reason": refuse, "grounds": grounds}, Decision)
        return Decision("produce", tuple(_answer(text) for text in answers))
    except (msgspec.ValidationError, ValueError) as error:
        raise Misused("not-a-decision", error=error) from None


def _answer(text: str) -> ClassAnswer:
    data_class, _, rest = text.partition("=")
    answer, _, reason = rest.partition(":")
    return msgspec.convert({"data_class": data_class, "answer": answer, "reason": reason or None}, ClassAnswer)


@command()
@click.argument("case")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it (default: stdout)."
)
@spoken
@click.pass_context
def document(context: click.Context, case: str, output: Path | None) -> None:
    """Write out the original, to be opened on another machine. The journal records that you read it."""
    with at_desk(context) as at:
        data = at.desk.document(at.who, find(at, case))
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        output.write_bytes(data)


@command()
@click.argument("case")
@click.option("--until", required=True, metavar="TIME", help="Until when: 2027-01-31, or 2027-01-31T18:00.")
@click.option("--basis", required=True, help="The law that allows it.")
@spoken
@click.pass_context
def defer(context: click.Context, case: str, until: str, basis: str) -> None:
    """Defer the notice to the person."""
    with at_desk(context) as at:
        _sign_stated(context, at, Action.DEFER_NOTICE, case, basis, read_time(until, zone_here(context)))


@command("bar-notice")
@click.argument("case")
@click.option("--basis", required=True, help="The law that forbids the notice.")
@spoken
@click.pass_context
def bar_notice(context: click.Context, case: str, basis: str) -> None:
    """Propose to record that a law forbids the notice to the person. Another officer confirms with confirm-bar."""
    with at_desk(context) as at:
        _sign_stated(context, at, Action.BAR_NOTICE, case, basis)


@command()
@click.argument("case")
@click.option("--basis", required=True, help="The court's decision.")
@spoken
@click.pass_context
def stay(context: click.Context, case: str, basis: str) -> None:
    """Record that a court has stayed the demand. Nothing is decided or handed over, and its deadlines pause."""
    with at_desk(context) as at:
        _sign_stated(context, at, Action.STAY, case, basis)


@command()
@click.argument("case")
@click.option("--basis", required=True, help="The court's decision.")
@spoken
@click.pass_context
def resume(context: click.Context, case: str, basis: str) -> None:
    """End a stay. The case starts again, and its deadlines move by as long as the stay lasted."""
    with at_desk(context) as at:
        _sign_stated(context, at, Action.RESUME, case, basis)


@command()
@click.argument("case")
@click.option("--why", required=True, help="Your interest in the case.")
@spoken
@click.pass_context
def recuse(context: click.Context, case: str, why: str) -> None:
    """Withdraw from a case."""
    with at_desk(context) as at:
        _sign_stated(context, at, Action.RECUSE, case, why)


@command()
@click.argument("case")
@click.option("--until", metavar="TIME", help="Renew it until then: 2027-01-31, or 2027-01-31T18:00.")
@click.option("--lift", is_flag=True, help="Lift it instead of renewing it.")
@click.option("--basis", required=True, help="The order or the law that it rests on.")
@spoken
@click.pass_context
def gag(context: click.Context, case: str, until: str | None, basis: str, *, lift: bool) -> None:
    """Renew or lift a gag. Another officer confirms with confirm-gag."""
    with at_desk(context) as at:
        until_s = None if until is None else read_time(until, zone_here(context))
        _sign_stated(context, at, Action.LIFT_GAG if lift else Action.RENEW_GAG, case, basis, until_s)


@command()
@spoken
@click.pass_context
def due(context: click.Context) -> None:
    """List the open deadlines, soonest first."""
    with at_desk(context) as at:
        dues = at.desk.dues()
    show_dues(context, dues)
