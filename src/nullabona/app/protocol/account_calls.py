"""Calls about the profile, the account, the lock, settings and privacy."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from nullabona.app.protocol import views as v
from nullabona.app.protocol.call import Call, Done
from nullabona.app.protocol.privacy_views import Privacy


class Start(Call[v.State], frozen=True):
    """The whole state; the first call of a page, and the one after a `Reset`."""


class KeepPlace(Call[Done], frozen=True):
    """Where the number ``at`` in this page's history leads: `Start` gives it back until the lock, the history never."""

    at: int
    place: str


class Launch(Struct, frozen=True):
    launch: str


class OpenAnother(Call[Launch], frozen=True):
    """A launch token for another page of the same browser, which has none or shares one."""


class ChooseRelay(Call[v.State], frozen=True):
    """The relay of the account to be made: its address, or an invite link, whose relay it then is."""

    text: str


class TryHere(Call[v.State], frozen=True):
    """Run a relay on this machine, which only this machine reaches, and choose it."""


class HandleCheck(Struct, frozen=True):
    handle: str
    free: bool
    trouble: str
    """A code: what is wrong with it, or ``taken``."""
    message: str
    hint: str = ""


class CheckHandle(Call[HandleCheck], frozen=True):
    """Whether a handle may be had. ``handle`` may lack its host: the default relay is meant."""

    handle: str


class CreateProfile(Call[v.State], frozen=True):
    """A new encrypted profile."""

    passphrase: str


class CreateAccount(Call[v.State], frozen=True):
    """``token``: the registration token, where the directory asks for one (`token-needed`)."""

    handle: str
    name: str
    token: str = ""


class RestoreAccount(Call[v.State], frozen=True):
    handle: str
    words: str


class DeleteAccount(Call[Done], frozen=True):
    """For good; ``handle`` is its own, as the person typed it."""

    handle: str


class Phrase(Struct, frozen=True):
    words: list[str]
    ask: list[int]
    """Which words (from 0) are asked for to confirm."""


class GetPhrase(Call[Phrase], frozen=True):
    """The 24 words. Before they were confirmed without, afterwards only with the passphrase."""

    passphrase: str = ""


class ConfirmPhrase(Call[v.State], frozen=True):
    """``words`` for the places that were asked for; ``later`` skips the check."""

    words: list[str]
    later: bool = False


class Unlock(Call[v.State], frozen=True):
    passphrase: str


class Lock(Call[v.State], frozen=True):
    pass


class Active(Call[Done], frozen=True):
    """The person is here: the idle time starts again."""


class Looking(Call[Done], frozen=True):
    """The person looks at this page, which shows ``room`` or none; or no longer (``here`` false)."""

    here: bool
    room: str = ""


class DesktopView(Struct, frozen=True):
    """What this computer does while no page is open."""

    shows: bool
    """It has a notification service, which shows what pages would show otherwise."""
    at_login: Literal["cannot", "off", "on"]
    """Whether the app starts when the person logs in, without a window."""


class GetDesktop(Call[DesktopView], frozen=True):
    pass


class SetAtLogin(Call[DesktopView], frozen=True):
    """Start at log-in from now on, with the options of this process; or no longer. The person is not asked again."""

    on: bool


class SetSettings(Call[v.Settings], frozen=True):
    """None leaves a thing as it is; ``default_timer_s`` 0: for ever; ``lock_minutes`` 0: never."""

    language: v.Language | None = None
    theme: v.Theme | None = None
    receipts: bool | None = None
    typing: bool | None = None
    notify: v.NotifyLevel | None = None
    quiet_hours: str | None = None
    default_timer_s: int | None = None
    lock_minutes: int | None = None
    enter_sends: bool | None = None


class ChangePassphrase(Call[Done], frozen=True):
    old: str
    new: str


class GetPrivacy(Call[Privacy], frozen=True):
    pass


class MoveRelay(Call[v.Me], frozen=True):
    """Keep my inbox, and the rooms that I may move, at another relay: its address, or its name alone."""

    relay: str


class PutAwayNotice(Call[Done], frozen=True):
    """The person has read an operator notice; it stays listed on the privacy page."""

    id: str
