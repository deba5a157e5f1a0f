"""The running console: the desk, the console's store, the sessions, and queries about them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final, TypeVar

from nullabona.docket.console.passkeys.enrolling import Enrolling, Registrar
from nullabona.docket.console.passkeys.entrance import Entrance
from nullabona.docket.console.passkeys.sessions import Sessions
from nullabona.docket.console.passkeys.signing import VerifyPasskey, key_id_of
from nullabona.docket.console.passkeys.staging import Staging
from nullabona.docket.console.request.figures import Figures, Pulse
from nullabona.docket.console.request.notice_delivery import NoticeDelivery
from nullabona.docket.console.rules.origin import Site
from nullabona.docket.console.rules.session import LEAST_PASSKEYS
from nullabona.docket.console.store.records import Passkey
from nullabona.docket.console.store.rows import ConsoleRows
from nullabona.docket.core.acts import Officer
from nullabona.docket.core.decide import instrument_of
from nullabona.docket.core.instrument import Instrument
from nullabona.docket.core.records import Demand
from nullabona.docket.desk import Desk
from nullabona.docket.keeping.staff import NoSuchOfficer

T = TypeVar("T")
MOST_ASIDE: Final = 2
"""Most packages made or sealed at once; others wait."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a console is run. ``synced``: passkeys that a service syncs between devices are accepted.

    ``clock_is_right``: an operator has checked the clock, for the first batch.
    """

    site: Site
    synced: bool = False
    clock_is_right: bool = False
    zone: tzinfo = UTC
    """The time zone in which officers enter and read times. The desk itself keeps seconds."""


@dataclass(frozen=True, slots=True)
class Period:
    """A period of the docket log and when its slots are due."""

    number: int
    due_s: int


class Console:
    """The shared state of all pages. One thread uses it."""

    def __init__(
        self, desk: Desk, store: ConsoleRows, settings: Settings, notice_delivery: NoticeDelivery | None = None
    ) -> None:
        self.desk = desk
        self.notice_delivery = notice_delivery
        """Delivers notices to their inboxes; None if this console reaches no relay."""
        self.store = store
        self.settings = settings
        self.sessions = Sessions()
        self.staging = Staging()
        self.pulse = Pulse()
        self.figures: Figures | None = None
        """What monitoring is shown, once the console serves."""
        self._aside = ThreadPoolExecutor(MOST_ASIDE, thread_name_prefix="aside")
        self.entrance = Entrance(settings.site, store, self)
        self.registrar = Registrar(settings.site, synced=settings.synced)
        self.enrolling = Enrolling(store, self.registrar, self._recipient)
        self.verify = VerifyPasskey(settings.site, store)

    async def aside(self, work: Callable[[], T]) -> T:
        """The result of slow ``work`` that uses neither desk nor store; other requests are served meanwhile.

        The state read before the call may have changed when the result arrives.
        """
        return await asyncio.get_running_loop().run_in_executor(self._aside, work)

    def close(self) -> None:
        """Wait for work in progress, and start no more."""
        self._aside.shutdown(cancel_futures=True)

    def admitted(self, passkey: Passkey) -> bool:
        """Whether two officers admitted this key and its officer is active."""
        officer = self.active(passkey.officer)
        if officer is None:
            return False
        wanted = (key_id_of(passkey.credential_id), passkey.public_key)
        return any(wanted == (one.key_id, one.public) for one in self.desk.staff.credentials(officer.id))

    def working(self, officer: str) -> tuple[Passkey, ...]:
        """The passkeys with which an officer can sign in and sign."""
        return tuple(one for one in self.store.passkeys_of(officer) if not one.aside and self.admitted(one))

    def has_too_few(self, officer: str) -> bool:
        """Whether the officer must add an authenticator before anything else."""
        return len(self.working(officer)) < LEAST_PASSKEYS

    def instrument(self, demand: Demand) -> Instrument:
        """The taxonomy row that was in force when the demand arrived."""
        return instrument_of(demand, self.desk.taxonomy)

    def period(self, now_s: int) -> Period:
        """The current period of the docket log."""
        number = self.desk.cadence.period_at(now_s)
        return Period(number, self.desk.cadence.due_of(number))

    def active(self, name: str) -> Officer | None:
        """The active officer of that name, if any."""
        try:
            found = self.desk.staff.officer(name)
        except NoSuchOfficer:
            return None
        return found if found.active else None

    def sweep(self, now_s: int) -> None:
        """Forget and erase what has expired."""
        self.sessions.sweep(now_s)
        self.staging.sweep(now_s)
        self.store.sweep(now_s)

    def _recipient(self, name: str) -> str | None:
        found = self.active(name)
        return None if found is None else found.recipient
