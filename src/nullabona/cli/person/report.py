"""``nulla report``: a file with chosen messages for the operator, shown in full before it is written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from nullabona.cli.help import command
from nullabona.cli.output import emit, line, note, remark, say
from nullabona.cli.person.running import opened, run_async
from nullabona.cli.settings import Settings, at_home, settings_of
from nullabona.cli.usage import Misused
from nullabona.client.api import ReportDraft


@command()
@click.argument("room")
@click.argument("messages", nargs=-1, required=True, metavar="MESSAGE...")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
              help="A new file.")  # fmt: skip
@click.option("--files", is_flag=True, help="Add what opens the files: the operator can look at them and erase them.")
@click.option("--senders", is_flag=True, help="Add who said it. Nothing proves it: it is your word.")
@click.option("--sign", is_flag=True, help="Sign it with this device, which proves to everybody that you reported.")
@click.option("--yes", is_flag=True, help="Do not ask before it is written.")
@at_home
@click.pass_context
def report(
    context: click.Context,
    room: str,
    messages: tuple[str, ...],
    *,
    out: Path,
    files: bool,
    senders: bool,
    sign: bool,
    yes: bool,
) -> None:
    """Write MESSAGEs of ROOM into a FILE for the server's operator, to report illegal content.

    Shows everything that the file reveals, and asks. Without options that is the words and when they were sent. Nothing
    is sent: hand the file over yourself. Nothing in it proves that somebody said the words.
    """
    settings = settings_of(context)
    if not yes and not settings.interactive:
        raise Misused("report-needs-yes")

    async def work() -> ReportDraft | None:
        async with opened(settings, online=False) as client:
            draft = client.reports.draft(room, messages, files=files, senders=senders, sign=sign)
            _show(settings, draft)
            if not yes and not click.confirm(say("ask-report", settings.language, file=out), err=True):
                return None
            client.reports.save(draft, out)
            return draft

    done = run_async(work())
    if done is None:
        note(settings, "not-reported")
        return
    if settings.as_json:
        emit({
            "path": str(out), "sha256": done.sha256, "relay": done.relay, "messages": len(done.lines),
            "files": sum(bool(each.size) for each in done.lines), "senders": senders, "reporter": done.reporter,
        })  # fmt: skip
        return
    line(str(out))
    note(settings, "reported", relay=done.relay)


def _show(settings: Settings, draft: ReportDraft) -> None:
    """Every element of the file, on stderr; nothing with ``--json``."""
    if settings.as_json:
        return
    language = settings.language
    note(settings, "report-holds", count=len(draft.lines))
    for each in draft.lines:
        at = datetime.fromtimestamp(each.sent_at / 1_000).astimezone().strftime("%Y-%m-%d %H:%M")
        remark("  " + "  ".join(filter(None, (at, each.sender))))
        for said in each.text.splitlines():
            remark(f"    | {said}")  # others wrote it: the mark keeps it apart from our sentences
        if each.size:
            remark("  " + say("report-file", language, name=" ".join(each.file.split()), size=each.size))
    note(settings, "report-unproven")
    note(settings, "report-signed" if draft.reporter else "report-unsigned", handle=draft.reporter)
    if draft.direct and not draft.reporter:
        note(settings, "report-direct")
