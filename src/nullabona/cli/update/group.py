"""``nulla update``: follow the release log, install a release, go back."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import metadata
from pathlib import Path
from typing import Final

import click

from nullabona.cli.help import group
from nullabona.cli.log.work import read_policy_text, read_small, utc
from nullabona.cli.output import emit, line, note, say
from nullabona.cli.release.showing import shown, told
from nullabona.cli.settings import connected, settings_of, spoken
from nullabona.cli.update.trial import PROFILE_VERSION, open_trial, trial
from nullabona.cli.usage import Misused
from nullabona.client.api import default_profile_path
from nullabona.log.policy import Policy
from nullabona.machine.http_client import Route
from nullabona.machine.lock import FolderLock
from nullabona.reading import Source, open_source
from nullabona.releases.choice import DAY_S, Wish
from nullabona.releases.ledger import Logged
from nullabona.updating.environments import PythonEnvironments
from nullabona.updating.files import open_place
from nullabona.updating.following import Followed, begin, proven_since_s, recall
from nullabona.updating.following import follow as follow_log
from nullabona.updating.memory import Memory, Pinned
from nullabona.updating.update import Here, permitted
from nullabona.updating.update import install as install_release
from nullabona.updating.update import undo as go_back
from nullabona.updating.versions import Versions

_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_FILES_S: Final = 600.0
_home = click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", envvar="NULLA_UPDATES",
    help="The folder with the versions (default: beside the profile).",
)  # fmt: skip
_log = click.option("--log", "where", metavar="WHERE", help="Read the release log here this time: a URL or a copy.")


@group()
def update() -> None:
    """The version that runs here: what is new, install it, go back.

    Nothing is installed unless enough people signed it in a public log, and never by itself.
    """


class Home:
    """The folder of one person's versions, held while the command runs."""

    def __init__(self, context: click.Context, home: Path | None) -> None:
        usual = default_profile_path(environment=os.environ, home=Path.home()).parents[1] / "program"
        self.settings = settings_of(context)
        self.versions = Versions((home or usual).absolute(), PythonEnvironments())
        context.call_on_close(FolderLock((home or usual).absolute()).close)
        self.memory = Memory((home or usual).absolute())
        self.here = Here(
            version=metadata.version("nullabona"), python=sys.version_info[:2], profile=PROFILE_VERSION,
            now_s=int(time.time()),
        )  # fmt: skip

    @property
    def route(self) -> Route:
        """How the log is reached."""
        return Route(self.settings.ca_file, self.settings.proxy)

    async def with_log(self, where: str, work: Callable[[Source], Awaitable[Followed]]) -> Followed:
        """``work`` on the log at ``where``."""
        source = open_source(where, self.route)
        try:
            return await work(source)
        finally:
            await source.close()

    async def followed(self, where: str | None) -> Followed:
        """The log as it is now."""
        pinned = self.memory.pinned()
        return await self.with_log(where or pinned.where, lambda one: follow_log(self.memory, one, self.here.now_s))


@update.command()
@click.argument("where")
@click.option("--policy", type=_FILE, metavar="FILE", required=True, help="The signatures to require (spec/log.md).")
@click.option("--fingerprint", metavar="HASH", required=True, help="The fingerprint of the log's first statement.")
@click.option("--days", type=click.IntRange(0), metavar="N", default=0, help="Install what was public for N days.")
@click.option(
    "--rebuilders",
    type=click.IntRange(0),
    metavar="N",
    default=0,
    help="Install what N others built with the same result.",
)
@_home
@connected
@click.pass_context
def follow(context: click.Context, where: str, policy: Path, fingerprint: str, days: int, rebuilders: int,
           home: Path | None) -> None:  # fmt: skip
    """Follow the release log at WHERE from now on, and say what a release must have beyond its signatures."""
    if len(fingerprint) != 64 or not set(fingerprint) <= set("0123456789abcdef"):
        raise Misused("fingerprint")
    here = Home(context, home)
    text = read_policy_text(policy)
    Policy.parse(text)
    pinned = Pinned(where, text, fingerprint, days, rebuilders)
    found = asyncio.run(here.with_log(where, lambda one: begin(here.memory, pinned, one, here.here.now_s)))
    _say(here, found)


@update.command()
@_log
@_home
@connected
@click.pass_context
def check(context: click.Context, where: str | None, home: Path | None) -> None:
    """Say what is new: who signed it, since when it is public, and who rebuilt it. Installs nothing.

    Exit code 3: the log shrank, forked, or is not signed as it must be. Both checkpoints are then kept.
    """
    here = Home(context, home)
    _say(here, asyncio.run(here.followed(where)))


@update.command()
@_home
@spoken
@click.pass_context
def status(context: click.Context, home: Path | None) -> None:
    """Say what runs here and what was known at the last check, without a connection."""
    here = Home(context, home)
    _say(here, recall(here.memory))


@update.command()
@click.argument("version")
@click.option("--from", "place", metavar="PLACE", required=True, help="A folder or URL with the files; hashes decide.")
@click.option("--now", is_flag=True, help="Do not wait for the days that were asked for.")
@click.option(
    "--proof", type=_FILE, metavar="FILE", help="An old proof (.tlog-proof) that the release was public then."
)
@_log
@_home
@connected
@click.pass_context
def install(context: click.Context, version: str, place: str, proof: Path | None, where: str | None, home: Path | None,
            *, now: bool) -> None:  # fmt: skip
    """Install VERSION beside the one that runs, try it, and switch to it. `nulla update undo` goes back."""
    here = Home(context, home)

    async def work() -> Logged:
        followed = await here.followed(where)
        pinned = here.memory.pinned()
        wish = Wish(days_public=0 if now else pinned.days_public, rebuilders=pinned.rebuilders)
        logged = permitted(followed, version, here.versions, here.here, wish, _since(followed, version, proof, pinned))
        files = open_place(place, Route(here.settings.ca_file, here.settings.proxy, _FILES_S))
        try:
            async with trial() as words:
                await install_release(logged, files, here.versions, words)
        finally:
            await files.close()
        return logged

    logged = asyncio.run(work())
    program = here.versions.program(logged.release.version)
    if here.settings.as_json:
        emit({"version": version, "number": logged.release.number, "program": str(program)})
    note(here.settings, "update-installed", version=version, program=program)


@update.command()
@_home
@spoken
@click.pass_context
def undo(context: click.Context, home: Path | None) -> None:
    """Go back to the version before the last update.

    A profile that the newer version has changed may be unreadable to the older one, which then says so.
    """
    here = Home(context, home)
    version = go_back(recall(here.memory), here.versions)
    emit({"version": version}) if here.settings.as_json else None
    note(here.settings, "update-undone", version=version)


@update.command()
@click.argument("profile", type=click.Path(path_type=Path, file_okay=False))
@spoken
@click.pass_context
def selftest(context: click.Context, profile: Path) -> None:
    """Open an empty PROFILE that another version made: `install` asks this of a new version before it switches."""
    asyncio.run(open_trial(profile))
    note(settings_of(context), "update-selftest")


def _since(followed: Followed, version: str, proof: Path | None, pinned: Pinned) -> int | None:
    logged = followed.ledger.releases.get(version)
    if proof is None or logged is None:
        return None
    return proven_since_s(read_small(proof), followed.seen.entries[logged.entry], logged, pinned)


def _say(here: Home, followed: Followed) -> None:
    """What runs, what is newest, and whether something may be withheld."""
    language, now_s = here.settings.language, here.here.now_s
    current = here.versions.current or here.here.version
    newest = followed.ledger.newest
    silent = followed.is_silent(now_s)
    logged = current in followed.ledger.releases
    revoked = followed.ledger.revoked.get(current)
    if here.settings.as_json:
        emit({
            "current": current, "logged": logged, "revoked": revoked, "last": here.versions.last, "silent": silent,
            "newest": newest and {**told(followed.ledger, newest), "first_s": followed.since_s(newest)},
            "size": followed.ledger.size, "witnesses": followed.witnesses, "witnessed_s": followed.verdict.time_s,
        })  # fmt: skip
        return
    line(say("update-current" if logged else "update-current-unlogged", language, version=current))
    if revoked is not None:
        line(say("release-taken-back", language, reason=revoked))
    if newest is None or newest.release.version == current:
        line(say("update-nothing-new", language))
    else:
        line(shown(followed.ledger, newest, language))
        since_s = followed.since_s(newest)
        line(say("update-since", language, when=utc(since_s), days=max(0, now_s - since_s) // DAY_S))
        if newest.release.notes:
            line(newest.release.notes)
    when = "-" if followed.verdict.time_s is None else utc(followed.verdict.time_s)
    note(here.settings, "release-witnessed", size=followed.ledger.size, witnesses=len(followed.witnesses), when=when)
    if silent:
        note(here.settings, "update-silent")
