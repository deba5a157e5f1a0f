"""``nulla record``: how directories' public records stand, and what was kept as evidence against them."""

from __future__ import annotations

from pathlib import Path

import click

from nullabona.cli.output import emit, line
from nullabona.cli.running import opened, run_async
from nullabona.cli.settings import Settings, common, settings_of
from nullabona.client.api import RecordEvidence, RecordStanding
from nullabona.words.standing import standing_words


@click.group()
def record() -> None:
    """Directories' public records: who witnesses them, what was checked, evidence."""


@record.command()
@click.argument("host", default="")
@common
@click.pass_context
def show(context: click.Context, host: str) -> None:
    """How the public record of HOST (default: your own directory's) stands."""
    run_async(_show(settings_of(context), host))


async def _show(settings: Settings, host: str) -> None:
    async with opened(settings, online=False) as client:
        _print(settings, client.record(host))


@record.command()
@click.argument("policy", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--host", default="", help="Of which directory (default: your own).")
@common
@click.pass_context
def pin(context: click.Context, policy: Path, host: str) -> None:
    """Hold a directory to the policy in a file (C2SP tlog-policy) from now on, instead of its own word."""
    run_async(_pin(settings_of(context), policy.read_text("utf-8"), host))


async def _pin(settings: Settings, policy: str, host: str) -> None:
    async with opened(settings, online=False) as client:
        _print(settings, client.pin_record(policy, host))


@record.command()
@click.argument("host")
@common
@click.pass_context
def forget(context: click.Context, host: str) -> None:
    """Know nothing of HOST's record any more, because its operator began a new one and told you so in another way."""
    run_async(_forget(settings_of(context), host))


async def _forget(settings: Settings, host: str) -> None:
    async with opened(settings, online=False) as client:
        client.forget_record(host)


@record.command()
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Write each piece into this folder too.")
@common
@click.pass_context
def evidence(context: click.Context, *, out: Path | None) -> None:
    """What was shown when something was wrong: what was known before, and what was shown instead."""
    settings = settings_of(context)
    kept: list[RecordEvidence] = []
    run_async(_evidence(settings, kept))
    for number, each in enumerate(kept):
        if out is not None:
            _write(out, f"{number:02d}-{each.code}", each)
        if settings.as_json:
            emit(each)
        else:
            line(f"{number:02d} {each.code} {each.host} {each.at_s}")


async def _evidence(settings: Settings, found: list[RecordEvidence]) -> None:
    async with opened(settings, online=False) as client:
        found.extend(client.record_evidence())


def _write(out: Path, name: str, evidence: RecordEvidence) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.before").write_bytes(evidence.before)
    (out / f"{name}.shown").write_bytes(evidence.shown)


def _print(settings: Settings, standing: RecordStanding) -> None:
    if settings.as_json:
        emit(standing)
        return
    for sentence in standing_words(
        settings.language,
        standing.host,
        known=standing.known,
        witnesses=standing.witnesses if standing.demanded else (),
        by_hand=standing.by_hand,
        watched_epoch=standing.watched_epoch,
    ):
        line(sentence)
