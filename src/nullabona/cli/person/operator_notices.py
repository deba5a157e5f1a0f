"""``nulla operator-notices``: what the operator told of demands about this account, and how it was checked."""

from __future__ import annotations

import click

from nullabona.cli.help import group
from nullabona.cli.output import emit, line, say, table
from nullabona.cli.person.running import opened, run_async
from nullabona.cli.settings import Settings, at_home, settings_of
from nullabona.client.api import Client, OperatorNoticeInfo, errors
from nullabona.words.operator_notice import day_words, notice_words, summary_words


@group("operator-notices")
def operator_notices() -> None:
    """Your operator's notices of demands about this account, proven by its docket log."""


@operator_notices.command("list")
@at_home
@click.pass_context
def list_notices(context: click.Context) -> None:
    """List the operator notices, oldest first, and how many could not be checked."""
    run_async(_list(settings_of(context)))


async def _list(settings: Settings) -> None:
    async with opened(settings, online=False) as client:
        found = client.operator_notices.all()
    if settings.as_json:
        emit(found)
        return
    if found.notices:
        table(_row(settings, each) for each in found.notices)
    for sentence in summary_words(
        settings.language,
        notices=len(found.notices),
        unchecked=found.unchecked,
        refused=found.refused,
        checkable=found.checkable,
    ):
        line(sentence)
    if not found.checkable:
        line(say("notices-pin", settings.language))


def _row(settings: Settings, notice: OperatorNoticeInfo) -> tuple[str, ...]:
    words = notice_words(settings.language, notice)
    return notice.id.hex()[:8], day_words(settings.language, notice.received_day), words.title, words.outcome


@operator_notices.command()
@click.argument("notice")
@at_home
@click.pass_context
def show(context: click.Context, notice: str) -> None:
    """Show a notice in full. NOTICE is the beginning of its id."""
    run_async(_show(settings_of(context), notice))


async def _show(settings: Settings, notice: str) -> None:
    async with opened(settings, online=False) as client:
        found = _find(client, notice)
    if settings.as_json:
        emit(found)
        return
    words = notice_words(settings.language, found)
    for sentence in filter(None, (words.title, words.outcome, words.warning)):
        line(sentence)
    table((*words.rows, *words.answers))
    for each in words.given:
        line(f"- {each}")
    for sentence in words.checked:
        line(sentence)
    table(words.advice)
    line(words.unreviewed)


@operator_notices.command("put-away")
@click.argument("notice")
@at_home
@click.pass_context
def put_away(context: click.Context, notice: str) -> None:
    """Dismiss a notice in the app. It stays in the list."""
    run_async(_put_away(settings_of(context), notice))


async def _put_away(settings: Settings, notice: str) -> None:
    async with opened(settings, online=False) as client:
        client.operator_notices.put_away(_find(client, notice).id)


def _find(client: Client, beginning: str) -> OperatorNoticeInfo:
    hits = [each for each in client.operator_notices.all().notices if each.id.hex().startswith(beginning.lower())]
    if len(hits) != 1:
        raise errors.Ambiguous("there is no such operator notice, or more than one")
    return hits[0]
