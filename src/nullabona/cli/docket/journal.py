"""``nulla docket journal`` and ``check-journal``: the desk's journal, and what the public log proves of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from nullabona.cli.docket.chosen import at_desk
from nullabona.cli.docket.show import by
from nullabona.cli.docket.times import when
from nullabona.cli.help import command
from nullabona.cli.log.work import read_policy
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.settings import connected, settings_of, spoken
from nullabona.docket.core.journal import READ, encode_journal, proven_by, read_journal
from nullabona.docket.verify import verify
from nullabona.errors import PeerError
from nullabona.log.tiles import MAX_BUNDLE
from nullabona.machine.http_client import Route
from nullabona.operating.desk import now_s, read_original
from nullabona.reading.source import Files, Folder, Website

_FILE = click.Path(path_type=Path, dir_okay=False)


class NothingToCompare(PeerError):
    """The log cannot be read as a docket, so no journal can be compared with it."""

    code = "docket-nothing-to-compare"
    default_hint = "see what is wrong: nulla docket verify WHERE --policy FILE"


@command()
@click.option("--changes", is_flag=True, help="Leave out readings, because they changed nothing.")
@click.option("--export", type=_FILE, metavar="FILE", help="Write the whole journal to FILE, for check-journal.")
@spoken
@click.pass_context
def journal(context: click.Context, export: Path | None, *, changes: bool) -> None:
    """Check and show the whole journal (auditors and counsel)."""
    with at_desk(context) as at:
        events = at.desk.journal(at.who)
    if export is not None:
        export.write_bytes(encode_journal(events))
    for each in () if export is not None else events:
        if changes and each.kind == READ:
            continue
        if settings_of(context).as_json:
            row = {"seq": each.seq, "at_s": each.at_s, "kind": each.kind, "case": each.case, "officer": each.officer}
            emit(row | ({"stands_for": each.stands_for} if each.stands_for else {}))
        else:
            who = by(each.officer, each.stands_for, settings_of(context).language)
            line(f"{each.seq:6}  {when(each.at_s)}  {who:12}  {each.kind}")
    note(settings_of(context), "docket-journal-whole", count=len(events))


@command("check-journal")
@click.argument("journal", type=_FILE, metavar="JOURNAL")
@click.argument("place", metavar="WHERE")
@click.option("--policy", type=_FILE, required=True, metavar="FILE", help="The witnesses to require (spec/log.md).")
@connected
@click.pass_context
def check_journal_command(context: click.Context, /, journal: Path, place: str, policy: Path) -> int:
    """Compare an exported journal with the docket log at WHERE (a URL or a folder). Each batch of the log holds the
    journal's last hash.

    Says how many events the log proves. It cannot yet prove those after the last batch. Exit code 3: the log holds a
    hash that the journal should have and does not, so this is not the desk's journal or something was taken out of it.
    Batches that are newer than the journal are named: the journal was exported before them, or its end was cut off.
    """
    settings, rules = settings_of(context), read_policy(policy)
    events = read_journal(read_original(journal))

    async def run() -> list[tuple[int, bytes]] | None:
        files: Files = (
            Website(place, Route(settings.ca_file, settings.proxy)) if "://" in place else Folder(Path(place))
        )
        try:
            found = (await verify(lambda name: files.read(name, MAX_BUNDLE), rules, now_s())).recount
        finally:
            await files.close()
        return None if found is None else [(batch.header.period, batch.header.head) for batch in found.batches]

    logged = asyncio.run(run())
    if logged is None:
        raise NothingToCompare("the log at that place is no docket that the policy believes")
    found = proven_by(events, logged)
    if settings.as_json:
        emit({
            "events": len(events), "proven": found.events, "periods_missing": list(found.missing),
            "periods_newer": list(found.newer),
        })  # fmt: skip
        return 3 if found.missing else 0
    values = {"count": len(events), "proven": found.events, "batches": len(logged)}
    line(say("docket-journal-proven", settings.language, **values))
    if found.newer:
        line("! " + say("docket-journal-newer", settings.language, count=len(found.newer), first=found.newer[0]))
    for period in found.missing:
        line("✗ " + say("docket-journal-missing", settings.language, period=period))
    return 3 if found.missing else 0
