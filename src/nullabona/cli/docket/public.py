"""``nulla docket`` and the public record: batches, openings, reports, notices; and what anybody runs to verify it."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

import click

from nullabona.cli.docket.case import find
from nullabona.cli.docket.chosen import SURE, at_desk
from nullabona.cli.docket.show import say_done, show_report
from nullabona.cli.exits import exit_code
from nullabona.cli.help import command
from nullabona.cli.log.work import keep_both, keep_memory, read_memory, read_policy
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.settings import Settings, connected, settings_of, spoken
from nullabona.docket.cases.delivery import delivering
from nullabona.docket.cases.notices import Delivery, HeldNotice
from nullabona.docket.core.acts import OpenDetails, OutageDetails, SettleDetails
from nullabona.docket.core.findings import Finding
from nullabona.docket.core.roles import DeskAction
from nullabona.docket.taxonomy import Catalogue, load
from nullabona.docket.verify import Verification, verify
from nullabona.errors import NullabonaError, Refused
from nullabona.log.checkpoint import Checkpoint, parse_checkpoint
from nullabona.log.note import parse_note
from nullabona.log.tiles import MAX_BUNDLE
from nullabona.machine.http_client import Route
from nullabona.operating.desk import OpenedDesk, now_s
from nullabona.reading.monitor import MemoryUnusable
from nullabona.reading.source import Files, Folder, Website
from nullabona.words.catalogue import pick
from nullabona.words.recounted import FINDINGS, where


@command()
@SURE
@spoken
@click.pass_context
def publish_due(context: click.Context, *, clock_is_right: bool) -> None:
    """Publish every period that is due, and erase closed cases whose retention is over.

    Run it every minute. If nothing is due, it does nothing. It refuses a clock that moved further ahead than the time
    that can have passed.
    """
    with at_desk(context) as at:
        done = asyncio.run(_publish_due(at, clock_is_right=clock_is_right))
        at.desk.erase_due()
    emit(done) if settings_of(context).as_json else line(" ".join(map(str, done)) or "-")


async def _publish_due(at: OpenedDesk, *, clock_is_right: bool) -> tuple[int, ...]:
    try:
        return (await at.desk.publish_due(clock_is_right=clock_is_right)).periods
    finally:
        await at.log.close()


@command("open")
@click.argument("cases", nargs=-1)
@spoken
@click.pass_context
def open_command(context: click.Context, cases: tuple[str, ...]) -> None:
    """Open the slots of published cases (all, or those named) with the next batch. It needs counsel's identity."""
    with at_desk(context) as at:
        chosen = [find(at, case) for case in cases] or at.desk.openable(at.who)
        details = OpenDetails(tuple(case.hex() for case in chosen))
        say_done(context, at, at.sign(at.desk.propose(at.who, DeskAction.OPEN, None, details)))


@command()
@click.argument("term")
@spoken
@click.pass_context
def reseal(context: click.Context, term: str) -> None:
    """Settle a half-year at its horizon: open its slots, and seal those of the band again.

    A key-custodian proposes and counsel confirms (nulla docket officer confirm). TERM is written as 2026H2.
    """
    with at_desk(context) as at:
        proposal = at.desk.propose(at.who, DeskAction.SETTLE, None, SettleDetails(term))
        say_done(context, at, at.sign(proposal))


@command()
@click.argument("term")
@click.option(
    "--enter", is_flag=True, help="Propose to enter it in the log once the half-year has ended. Counsel confirms."
)
@spoken
@click.pass_context
def report(context: click.Context, term: str, *, enter: bool) -> None:
    """Show the current figures of a half-year. A half-year is reported once, after its end."""
    with at_desk(context) as at:
        if not enter:
            show_report(context, at.desk.figures(at.who, term))
            return
        figures, proposal = at.desk.propose_report(at.who, term)
        show_report(context, figures)
        say_done(context, at, at.sign(proposal))


@command()
@click.argument("first", type=click.IntRange(0))
@click.argument("last", type=click.IntRange(0))
@click.option("--ko", required=True, metavar="TEXT", help="The reason, in Korean.")
@click.option("--en", required=True, metavar="TEXT", help="The reason, in English.")
@spoken
@click.pass_context
def outage(context: click.Context, first: int, last: int, ko: str, en: str) -> None:
    """State in the log why the periods FIRST to LAST were late. Counsel confirms. Everybody still sees that they were
    late.
    """
    with at_desk(context) as at:
        say_done(context, at, at.sign(at.desk.propose_outage(at.who, OutageDetails(first, last, ko, en))))


@command("deliver")
@click.option("--relay", metavar="URL", help="The relay for inboxes that name none (default: the handle's host).")
@connected
@click.pass_context
def deliver(context: click.Context, relay: str | None) -> int:
    """Deliver the notices whose log entries are proven.

    Notices that a relay refuses or a gag bars stay here. The next run tries them again.
    """
    settings = settings_of(context)
    with at_desk(context) as at:
        done = at.desk.deliver_notices(at.who, delivering(Route(settings.ca_file, settings.proxy), relay))
    _say_delivery(settings, done)
    return exit_code(done.failed[0]) if done.failed else 0


_WAITING: Final = {"log": "docket-notices-waiting", "gag": "docket-notices-barred"}


def _why(held: HeldNotice) -> str:
    """``log``, ``gag``, or the code of what went wrong."""
    if isinstance(held.why, Refused):
        return held.why.wire_code
    return held.why.code if isinstance(held.why, NullabonaError) else held.why


def _say_delivery(settings: Settings, done: Delivery) -> None:
    held: dict[str, list[str]] = {}
    for each in done.held:
        held.setdefault(_why(each), []).append(each.number)
    waiting, barred = (len(held.get(why, ())) for why in ("log", "gag"))
    counts = {"delivered": done.delivered, "waiting": waiting, "barred": barred, "gone": done.gone}
    failed = {why: len(numbers) for why, numbers in held.items() if why not in _WAITING}
    if settings.as_json:
        emit({**counts, "failed": failed, "held": [{"case": each.number, "why": _why(each)} for each in done.held]})
        return
    line(str(done.delivered))
    if done.gone:
        note(settings, "docket-notices-gone", count=done.gone)
    for why, numbers in held.items():
        key = _WAITING.get(why, "docket-notices-failed")
        note(settings, key, count=len(numbers), cases=", ".join(sorted(numbers)), code=why)


@command("verify")
@click.argument("place", metavar="WHERE")
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
              help="The witnesses to require (spec/log.md).")  # fmt: skip
@click.option("--at", type=int, metavar="S", help="Verify as of this time, in seconds since 1970.")
@click.option("--state", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="The file that remembers the checkpoint, which the log must extend the next time.")  # fmt: skip
@connected
@click.pass_context
def verify_command(context: click.Context, place: str, policy: Path, at: int | None, state: Path | None) -> int:
    """Recount a docket from its public files alone, and say what they cannot prove. WHERE is a URL or a folder.

    With --state, a log that shows fewer entries than the last time, or different ones, fails. Both checkpoints are then
    kept beside the state file.
    """
    settings = settings_of(context)
    rules, moment = read_policy(policy), now_s() if at is None else at
    last = read_memory(state, rules) if state is not None else None

    known = load()

    async def run() -> Verification:
        files: Files = (
            Website(place, Route(settings.ca_file, settings.proxy)) if "://" in place else Folder(Path(place))
        )
        try:
            before = None if last is None else _of(last)
            return await verify(partial(files.read, most=MAX_BUNDLE), rules, moment, before, known.by_hash())
        finally:
            await files.close()

    found = asyncio.run(run())
    if state is not None:
        _remember(state, last, found)
    _say(context, found, known)
    return 0 if found.holds else 3


def _remember(state: Path, last: bytes | None, found: Verification) -> None:
    if last is not None and found.note and _of(last).origin != _of(found.note).origin:
        raise MemoryUnusable("the checkpoint that is remembered is another log's")
    if found.continues:
        keep_memory(state, found.note)
    elif last is not None and found.forked:
        keep_both(state, last, found.note)


def _of(note: bytes) -> Checkpoint:
    return parse_checkpoint(parse_note(note).text)


def _finding(found: Verification, each: Finding) -> dict[str, object]:
    outage = found.outage_of(each)
    stated = None if outage is None else {"ko": outage.ko, "en": outage.en}
    told = {"code": each.code, "message": each.message, "detail": each.key, "values": dict(each.values)}
    return {**told, **({"stated": stated} if stated else {})}


def _say(context: click.Context, found: Verification, known: Catalogue) -> None:
    settings = settings_of(context)
    if settings.as_json:
        emit(
            {
                "holds": found.holds,
                "size": found.size,
                "findings": [_finding(found, each) for each in found.findings],
                "signed_off": sorted(found.recount.signed_off()) if found.recount else [],
                "unproven": [{"code": each.code, **each.values} for each in found.unproven],
            }
        )
        return
    for each in found.findings:
        line(f"✗ {FINDINGS.say(each.code, settings.language)} [{each.code}]")
        line(f"  {where(each, settings.language)}")
        if (outage := found.outage_of(each)) is not None:
            text = pick(outage, settings.language)
            line("  " + say("docket-outage-stated", settings.language, text=text))
    demands = found.recount.demands.all() if found.recount else ()
    key = "docket-verified" if found.holds else "docket-not-verified"
    line(say(key, settings.language, size=found.size, demands=len(demands), findings=len(found.findings)))
    if found.recount is not None and found.recount.taxonomy == known.sha256.hex():
        newest = {row.sha256.hex() for row in known.newest()}
        signed = len(newest & found.recount.signed_off().keys())
        note(settings, "docket-signed-off", signed=signed, rows=len(newest))
    for item in found.unproven:
        note(settings, f"docket-unproven-{item.code}", **item.values)
