"""``nulla docket audit``: what the auditor reads in the public log with the pointer key, without the desk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.log.work import read_policy
from nullabona.cli.output import emit, line, say
from nullabona.cli.settings import connected, settings_of
from nullabona.docket.core.audit import Audit, audit, reported_wrong
from nullabona.docket.core.recount import Recount
from nullabona.docket.verify import verify
from nullabona.errors import PeerError
from nullabona.log.tiles import MAX_BUNDLE
from nullabona.machine.http_client import Route
from nullabona.machine.keyfile import KeyFileUnusable, read_private
from nullabona.operating.desk import now_s
from nullabona.reading.source import Files, Folder, Website
from nullabona.wire.slots import EventRecord, NullRecord, RenewalRecord
from nullabona.words.catalogue import Language

KEY_SIZE = 32


class NothingToAudit(PeerError):
    """The log cannot be read as a docket, so its slots cannot be counted."""

    code = "docket-nothing-to-audit"
    default_hint = "see what is wrong: nulla docket verify WHERE --policy FILE"


@command("audit")
@click.argument("place", metavar="WHERE")
@click.option("--policy", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
              help="The witnesses to require (spec/log.md).")  # fmt: skip
@click.option("--pointer-key", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
              help="The key that the auditor took away when the desk was founded.")  # fmt: skip
@connected
@click.pass_context
def audit_command(context: click.Context, /, place: str, policy: Path, pointer_key: Path) -> int:
    """Read and count every slot of the docket log at WHERE (a URL or a folder), sealed or not.

    Needs no desk and no account, only the public files and the pointer key. Names the slots that the desk calls empty
    but that hold something, and the half-years whose report gives a wrong number of demands. Exit code 3: there are
    such slots or half-years. Run it where nobody else can read the key.
    """
    settings, rules, key = settings_of(context), read_policy(policy), _read_key(pointer_key)

    async def run() -> Recount | None:
        files: Files = (
            Website(place, Route(settings.ca_file, settings.proxy)) if "://" in place else Folder(Path(place))
        )
        try:
            return (await verify(lambda name: files.read(name, MAX_BUNDLE), rules, now_s())).recount
        finally:
            await files.close()

    found = asyncio.run(run())
    if found is None:
        raise NothingToAudit("the log at that place is no docket that the policy believes")
    result, language = audit(found, key), settings.language
    slots = [*(("hidden", at) for at in result.false()), *(("unreadable", at) for at in result.unreadable)]
    reports = list(reported_wrong(result, found))
    if settings.as_json:
        emit(_figures(found, result) | {"slots_wrong": [[what, at.period, at.slot] for what, at in slots],
                                        "reports_wrong": reports})  # fmt: skip
    else:
        _say_figures(language, found, result)
        for what, at in slots:
            line("✗ " + say(f"docket-audit-{what}", language, period=at.period, slot=at.slot))
        for term, count, least, most in reports:
            line("✗ " + say("docket-audit-report", language, term=term, count=count, least=least, most=most))
    return 3 if slots or reports else 0


def _read_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(read_private(path).decode("ascii").strip())
    except (OSError, ValueError):
        raise KeyFileUnusable(f"the pointer key {path} cannot be read") from None
    if len(key) != KEY_SIZE:
        raise KeyFileUnusable(f"the file {path} holds no pointer key")
    return key


def _figures(found: Recount, result: Audit) -> dict[str, object]:
    cases = {tag: [[each.at.period, each.at.slot] for each in events] for tag, events in result.cases().items()}
    return {
        "slots": len(found.slots), "empty": result.count(NullRecord), "events": result.count(EventRecord),
        "renewals": result.count(RenewalRecord), "demands": result.begun(found), "cases": cases,
    }  # fmt: skip


def _say_figures(language: Language, found: Recount, result: Audit) -> None:
    counts = {"empty": result.count(NullRecord), "events": result.count(EventRecord)}
    line(say("docket-audited", language, slots=len(found.slots), renewals=result.count(RenewalRecord), **counts))
    for term, count in sorted(result.begun(found).items()):
        opened = sum(found.cadence.term_of(demand.first.at) == term for demand in found.demands.all())
        line(say("docket-audited-term", language, term=term, count=count, opened=opened))
