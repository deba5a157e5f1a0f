"""``nulla update``: follow the release log, install a release, go back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import click

from nullabona.cli.help import group
from nullabona.cli.log.work import read_policy_text, read_small, utc
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.release.showing import shown, told
from nullabona.cli.settings import connected, settings_of, spoken
from nullabona.cli.update.folder import updates_folder
from nullabona.cli.update.here import here_now
from nullabona.cli.usage import Misused
from nullabona.client.api.trial import open_trial, trial
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.releases.ledger import Logged
from nullabona.releases.statement import MOST_KEYS
from nullabona.updating.following import Followed, proven_since_s
from nullabona.updating.home import Home
from nullabona.updating.memory import Pinned
from nullabona.updating.standing import standing

MOST_DAYS: Final = 365
_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_folder = click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", envvar="NULLA_UPDATES",
    help="The folder with the versions (default: beside the profile).",
)  # fmt: skip
_log = click.option("--log", "where", metavar="WHERE", help="Read the release log here this time: a URL or a copy.")


@group()
def update() -> None:
    """The version that runs here: what is new, install it, go back.

    Nothing is installed unless enough people signed it in a public log, and by itself only if you chose that.
    """


def _home(context: click.Context, given: Path | None) -> Home:
    """Held while the command runs."""
    settings = settings_of(context)
    home = Home(updates_folder(given), here_now(), Route(settings.ca_file, settings.proxy))
    context.call_on_close(home.close)
    return home


@update.command()
@click.argument("where")
@click.option("--policy", type=_FILE, metavar="FILE", required=True, help="The signatures to require (spec/log.md).")
@click.option("--fingerprint", metavar="HASH", required=True, help="The fingerprint of the log's first statement.")
@click.option(
    "--days", type=click.IntRange(0, MOST_DAYS), metavar="N", default=0, help="Install what was public for N days."
)
@click.option(
    "--rebuilders",
    type=click.IntRange(0, MOST_KEYS),
    metavar="N",
    default=0,
    help="Install what N others built with the same result.",
)
@click.option(
    "--files", metavar="PLACE", default="", help="A folder or URL with releases' files (default: files/ in the log)."
)
@click.option("--by-itself", is_flag=True, help="While the app runs, install new releases without asking (--days).")
@_folder
@connected
@click.pass_context
def follow(context: click.Context, where: str, policy: Path, fingerprint: str, days: int, rebuilders: int,
           home: Path | None, *, files: str, by_itself: bool) -> None:  # fmt: skip
    """Follow the release log at WHERE from now on, and say what a release must have beyond its signatures."""
    if len(fingerprint) != 64 or not set(fingerprint) <= set("0123456789abcdef"):
        raise Misused("fingerprint")
    if by_itself and days == 0:
        raise Misused("by-itself")
    here = _home(context, home)
    text = read_policy_text(policy)
    Policy.parse(text)
    pinned = Pinned(where, text, fingerprint, days, rebuilders, files, by_itself)
    _say(context, here, asyncio.run(here.begin(pinned)))


@update.command()
@_log
@_folder
@connected
@click.pass_context
def check(context: click.Context, where: str | None, home: Path | None) -> None:
    """Say what is new: who signed it, since when it is public, and who rebuilt it. Installs nothing.

    Exit code 3: the log shrank, forked, or is not signed as it must be. Both checkpoints are then kept.
    """
    here = _home(context, home)
    _say(context, here, asyncio.run(here.followed(where)))


@update.command()
@_folder
@spoken
@click.pass_context
def status(context: click.Context, home: Path | None) -> None:
    """Say what runs here and what was known at the last check, without a connection."""
    here = _home(context, home)
    _say(context, here, here.recalled())


@update.command()
@click.argument("version")
@click.option("--from", "place", metavar="PLACE", default="", help="A folder or URL with the files; hashes decide.")
@click.option("--now", is_flag=True, help="Do not wait for the days that were asked for.")
@click.option(
    "--proof", type=_FILE, metavar="FILE", help="An old proof (.tlog-proof) that the release was public then."
)
@_log
@_folder
@connected
@click.pass_context
def install(context: click.Context, version: str, place: str, proof: Path | None, where: str | None, home: Path | None,
            *, now: bool) -> None:  # fmt: skip
    """Install VERSION beside the one that runs, try it, and switch to it. `nulla update undo` goes back."""
    here = _home(context, home)

    async def work() -> Logged:
        followed = await here.followed(where)
        since_s = _since(followed, version, proof, followed.seen.policy or here.memory.pinned().policy)
        return await here.install(followed, version, trial, place=place, since_s=since_s, at_once=now)

    logged = asyncio.run(work())
    settings, program = settings_of(context), here.versions.program(logged.release.version)
    if settings.as_json:
        emit({"version": version, "number": logged.release.number, "program": str(program)})
    note(settings, "update-installed", version=version, program=program)


@update.command()
@_folder
@spoken
@click.pass_context
def undo(context: click.Context, home: Path | None) -> None:
    """Go back to the version before the last update, or to the program that was there before any.

    A profile that the newer version has changed may be unreadable to the older one, which then says so.
    Updates no longer come by themselves.
    """
    here, settings = _home(context, home), settings_of(context)
    version = here.undo()
    if settings.as_json:
        emit({"version": version})
    note(settings, "update-undone", version=version)


@update.command()
@click.argument("profile", type=click.Path(path_type=Path, file_okay=False))
@spoken
@click.pass_context
def selftest(context: click.Context, profile: Path) -> None:
    """Open an empty PROFILE that another version made: `install` asks this of a new version before it switches."""
    asyncio.run(open_trial(profile))
    note(settings_of(context), "update-selftest")


def _since(followed: Followed, version: str, proof: Path | None, policy: str) -> int | None:
    logged = followed.ledger.releases.get(version)
    if proof is None or logged is None:
        return None
    return proven_since_s(read_small(proof), followed.seen.entries[logged.entry], logged, policy)


def _say(context: click.Context, here: Home, followed: Followed) -> None:
    """What runs, what is newest, and whether something may be withheld."""
    settings, ledger = settings_of(context), followed.ledger
    language = settings.language
    now = standing(followed, here.versions, here.here)
    newest, newer = ledger.newest, now.newer
    if settings.as_json:
        emit({
            "current": now.starts or now.running, "logged": (now.starts or now.running) in ledger.releases,
            "running": now.running, "origin": now.origin, "revoked": now.revoked,
            "last": now.last, "silent": now.silent,
            "log_keys_changed": bool(followed.seen.policy),
            "newest": newest and {**told(ledger, newest), "first_s": followed.since_s(newest)},
            "size": ledger.size, "witnesses": followed.witnesses, "witnessed_s": followed.verdict.time_s,
        })  # fmt: skip
        return
    line(say(f"update-runs-{now.origin}", language, version=now.running))
    if now.starts is not None:
        line(say("update-starts", language, version=now.starts))
    if now.revoked is not None:
        line(say("release-taken-back", language, reason=now.revoked))
    if newer is None:
        line(say("update-nothing-new", language))
    else:
        line(shown(ledger, newer.logged, language))
        line(say("update-since", language, when=utc(newer.seen_s), days=newer.days))
        if newer.logged.release.notes:
            line(say("update-notes", language, notes=newer.logged.release.notes))
    when = "-" if followed.verdict.time_s is None else utc(followed.verdict.time_s)
    note(settings, "release-witnessed", size=ledger.size, witnesses=len(followed.witnesses), when=when)
    if followed.seen.policy:
        note(settings, "release-log-keys-changed")
    if now.silent:
        note(settings, "update-silent")
