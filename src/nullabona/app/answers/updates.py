"""Answers about the version that runs and newer ones."""

from __future__ import annotations

from collections.abc import Awaitable
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import msgspec

from nullabona.app.answers.asking import Asker, answers
from nullabona.app.presenting.refusals import said
from nullabona.app.presenting.text import clean, one_line
from nullabona.app.protocol import update_calls as c
from nullabona.app.session.errors import BadCall
from nullabona.client.api.trial import trial
from nullabona.errors import NullabonaError

if TYPE_CHECKING:
    from nullabona.updating.following import Followed
    from nullabona.updating.home import Home
    from nullabona.updating.memory import Pinned
    from nullabona.updating.standing import Newer

WAITS: Final = "release-too-new"


@answers(c.GetUpdate)
async def _get(ask: Asker, _: c.GetUpdate) -> c.UpdateState:
    updates = ask.session.updates
    if not updates.follows:
        here = version("nullabona")
        return c.UpdateState(supported=updates.supported, running=here, starts="", back=False, followed=None)
    with _home(ask) as home:
        return await _told(ask, home, _recalled(home))


@answers(c.CheckUpdate)
async def _check(ask: Asker, _: c.CheckUpdate) -> c.UpdateState:
    with _home(ask) as home:
        return await _told(ask, home, home.followed())


@answers(c.FollowReleases)
async def _follow(ask: Asker, call: c.FollowReleases) -> c.UpdateState:
    from nullabona.log.policy import Policy
    from nullabona.updating.memory import Pinned

    Policy.parse(call.policy)
    with _home(ask) as home:
        pinned, before = Pinned(call.where.strip(), call.policy, call.fingerprint), _pinned(home)
        if before is not None and before.fingerprint == call.fingerprint:
            wish = {"days_public": before.days_public, "rebuilders": before.rebuilders, "files": before.files}
            pinned = msgspec.structs.replace(pinned, **wish)
        return _state(ask, home, await home.begin(pinned))


@answers(c.WishOfUpdates)
async def _wish(ask: Asker, call: c.WishOfUpdates) -> c.UpdateState:
    if call.by_itself and call.days == 0:
        raise BadCall("what comes by itself has to be public for a day")
    with _home(ask) as home:
        followed = home.recalled()
        wish = {"days_public": call.days, "rebuilders": call.rebuilders, "by_itself": call.by_itself}
        home.memory.pin(msgspec.structs.replace(home.memory.pinned(), **wish), followed.seen)
        return _state(ask, home, followed)


@answers(c.InstallUpdate)
async def _install(ask: Asker, call: c.InstallUpdate) -> c.UpdateState:
    with _home(ask) as home:
        followed = await home.followed()
        await home.install(followed, call.version, trial, at_once=call.at_once)
        return _state(ask, home, followed)


@answers(c.UndoUpdate)
async def _undo(ask: Asker, _: c.UndoUpdate) -> c.UpdateState:
    with _home(ask) as home:
        home.undo()
        return await _told(ask, home, _recalled(home))


def _home(ask: Asker) -> Home:
    """The folder of versions, for the person: at a locked app nobody chooses which program runs. Raises `AppLocked`."""
    _ = ask.session.open_work
    return ask.session.updates.home()


async def _told(ask: Asker, home: Home, work: Awaitable[Followed]) -> c.UpdateState:
    """The state after ``work``; if what was seen of the log is damaged, what to follow again."""
    from nullabona.updating.memory import MemoryDamaged

    try:
        return _state(ask, home, await work)
    except MemoryDamaged:
        before = _pinned(home)
        known = c.Remembered("", "", "") if before is None else before
        return c.UpdateState(
            supported=True,
            running=home.versions.running or home.here.version,
            starts="",
            back=home.versions.current is not None,
            followed=None,
            damaged=c.Remembered(known.where, known.policy, known.fingerprint),
        )


async def _recalled(home: Home) -> Followed:
    return home.recalled()


def _pinned(home: Home) -> Pinned | None:
    """What the person pinned; None if nothing is, or it cannot be read."""
    from nullabona.updating.memory import MemoryDamaged, NotFollowed

    try:
        return home.memory.pinned()
    except (NotFollowed, MemoryDamaged):
        return None


def _state(ask: Asker, home: Home, followed: Followed) -> c.UpdateState:
    from nullabona.updating.standing import standing

    now, pinned = standing(followed, home.versions, home.here), home.memory.pinned()
    told = c.Followed(
        where=pinned.where,
        origin=now.origin,
        revoked=one_line(now.revoked or ""),
        newer=None if now.newer is None else _newer(ask, home, followed, now.newer),
        witnesses=list(followed.witnesses),
        keys_changed=bool(followed.seen.policy),
        witnessed=(followed.verdict.time_s or 0) * 1_000,
        silent=now.silent,
        days=pinned.days_public,
        rebuilders=pinned.rebuilders,
        by_itself=pinned.by_itself,
    )
    back = home.versions.current is not None
    return c.UpdateState(supported=True, running=now.running, starts=now.starts or "", back=back, followed=told)


def _newer(ask: Asker, home: Home, followed: Followed, newer: Newer) -> c.NewerRelease:
    from nullabona.updating.update import permitted

    release, refused, hint, code = newer.logged.release, "", "", ""
    try:
        permitted(followed, release.version, home.versions, home.here, home.wish())
    except NullabonaError as error:
        code = error.code
        refused, hint = said(error, ask.session.settings().language)
    return c.NewerRelease(
        version=release.version,
        signers=sorted(newer.logged.signers),
        seen=newer.seen_s * 1_000,
        days=newer.days,
        same=newer.rebuilt.get("same", 0),
        part=newer.rebuilt.get("part", 0),
        different=newer.rebuilt.get("different", 0),
        notes=clean(release.notes),
        refused=refused,
        hint=hint,
        waits=code == WAITS,
    )
