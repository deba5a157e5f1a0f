"""``nulla record``: how directories' public records stand, and what was kept as evidence against them."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import Final

import click

from nullabona.cli.help import group
from nullabona.cli.log.work import make_folder, read_policy, read_policy_text, read_small, utc, write_file
from nullabona.cli.output import emit, harmless, line, note, say
from nullabona.cli.person.running import opened, run_async
from nullabona.cli.settings import Settings, at_home, settings_of, spoken
from nullabona.client.api import Proven, RecordEvidence, RecordStanding, evidence_files, verify_evidence
from nullabona.log.digest_chain import Contradiction, is_contradiction, verify_contradiction
from nullabona.words.standing import standing_words

_FILE: Final = click.Path(path_type=Path, dir_okay=False)


@group()
def record() -> None:
    """Servers' public records: who witnesses them, what was checked, evidence."""


@record.command()
@click.argument("host", default="")
@at_home
@click.pass_context
def show(context: click.Context, host: str) -> None:
    """Show who witnesses the public record of HOST (default: your own server), and what was checked."""
    run_async(_show(settings_of(context), host))


async def _show(settings: Settings, host: str) -> None:
    async with opened(settings, online=False) as client:
        _print(settings, client.record.standing(host))


@record.command("policy")
@click.argument("host", default="")
@at_home
@click.pass_context
def show_policy(context: click.Context, host: str) -> None:
    """Show the policy for the server HOST (default: your own): whose signatures count. For `verify`."""
    run_async(_show_policy(settings_of(context), host))


async def _show_policy(settings: Settings, host: str) -> None:
    async with opened(settings, online=False) as client:
        text = client.record.policy(host)
    if settings.as_json:
        emit({"policy": text})
    else:
        sys.stdout.write(harmless(text, indent=""))


@record.command()
@click.argument("policy", type=_FILE)
@click.option("--host", default="", help="The server (default: your own).")
@at_home
@click.pass_context
def pin(context: click.Context, policy: Path, host: str) -> None:
    """From now on hold a server to the policy in a file (C2SP tlog-policy), not to the one it gave itself."""
    run_async(_pin(settings_of(context), read_policy_text(policy), host))


async def _pin(settings: Settings, policy: str, host: str) -> None:
    async with opened(settings, online=False) as client:
        _print(settings, client.record.pin(policy, host))


@record.command()
@click.argument("host")
@at_home
@click.pass_context
def forget(context: click.Context, host: str) -> None:
    """Forget HOST's public record. Only if its operator started a new one and told you so in another way."""
    run_async(_forget(settings_of(context), host))


async def _forget(settings: Settings, host: str) -> None:
    async with opened(settings, online=False) as client:
        client.record.forget(host)
    note(settings, "record-forgotten", host=host)


@record.command()
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Also write each piece into this folder.")
@at_home
@click.pass_context
def evidence(context: click.Context, *, out: Path | None) -> None:
    """Show the evidence of what was wrong: what this device knew before, and what it was shown instead.

    Evidence marked as proof is complete: anybody can check it with `nulla record verify` and the log's policy.
    Evidence marked as two signatures is checked without a policy, and does not show whose key it was.
    """
    settings = settings_of(context)
    kept: list[RecordEvidence] = []
    run_async(_evidence(settings, kept))
    if out is not None and kept:
        make_folder(out)
        for name, data in evidence_files(kept).items():
            write_file(out / name, data)
    for number, each in enumerate(kept):
        if settings.as_json:
            emit(each)
        else:
            mark = say(_mark(each), settings.language)
            line(f"{number:02d} {each.code} {each.host} {utc(each.at_s)} {mark}")
    if not kept and not settings.as_json:
        note(settings, "evidence-none")
    elif out is not None:
        note(settings, "evidence-written", folder=out)


def _mark(kept: RecordEvidence) -> str:
    if kept.proves:
        return "evidence-proof"
    return "evidence-signatures" if kept.signatures else "evidence-hint"


async def _evidence(settings: Settings, found: list[RecordEvidence]) -> None:
    async with opened(settings, online=False) as client:
        found.extend(client.record.evidence())


@record.command("verify")
@click.argument("file", type=_FILE)
@click.option(
    "--policy",
    type=_FILE,
    metavar="POLICY",
    help="The log and witnesses you trust (C2SP tlog-policy). Do not take it from the person who gave you FILE.",
)
@spoken
@click.pass_context
def verify_file(context: click.Context, file: Path, policy: Path | None) -> None:
    """Show what the evidence in FILE proves about a server. Needs no account and no network.

    Evidence marked as two signatures needs no policy: it names no log.
    """
    settings, data = settings_of(context), read_small(file)
    if is_contradiction(data):
        _tell_contradiction(settings, verify_contradiction(data))
        return
    if policy is None:
        raise click.MissingParameter(ctx=context, param=_parameter(context, "policy"))
    proven = verify_evidence(data, read_policy(policy))
    if settings.as_json:
        emit(proven)
        return
    line(_told(settings, proven))
    witnesses = ", ".join(proven.witnesses)
    by = "proven-by" if witnesses else "proven-alone"
    line(say(by, settings.language, size=proven.size, names=witnesses))
    line(say("proven-not", settings.language))


def _parameter(context: click.Context, name: str) -> click.Parameter:
    return next(each for each in context.command.params if each.name == name)


def _tell_contradiction(settings: Settings, found: Contradiction) -> None:
    one, other = (base64.b64encode(each).decode() for each in (found.known.hashed, found.other))
    key, number = found.known.key.hex(), found.known.number
    if settings.as_json:
        emit({"key": key, "number": number, "hashes": [one, other]})
        return
    for told in ("signed-both", "signed-both-not"):
        line(say(told, settings.language, signer=key, number=number, one=one, other=other))


def _told(settings: Settings, proven: Proven) -> str:
    if proven.digest is None:
        key = "proven-nothing"
    elif not any(proven.digest):
        key = "proven-deleted"
    else:
        key = "proven-card"
    digest = base64.b64encode(proven.digest or b"").decode()
    values = {"handle": proven.handle, "epoch": proven.epoch, "at": utc(proven.closed_s), "digest": digest}
    told = say(key, settings.language, **values)
    if not proven.promised or proven.promised == proven.digest:
        return told
    promised = base64.b64encode(proven.promised).decode()
    return f"{told}\n{say('proven-promise', settings.language, epoch=proven.promised_epoch, digest=promised)}"


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
