"""The running console: the desk, what the console keeps, who is signed in, and the questions about them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from nullabona.docket.console.passkeys.enrolling import Enrolling, Registrar
from nullabona.docket.console.passkeys.entrance import Entrance
from nullabona.docket.console.passkeys.sessions import Sessions
from nullabona.docket.console.passkeys.signing import VerifyPasskey, key_id_of
from nullabona.docket.console.passkeys.staging import Staging
from nullabona.docket.console.request.notice_delivery import NoticeDelivery
from nullabona.docket.console.rules.origin import Site
from nullabona.docket.console.rules.session import LEAST_PASSKEYS
from nullabona.docket.console.store.records import Passkey
from nullabona.docket.console.store.sqlite import ConsoleStore
from nullabona.docket.core.acts import Officer
from nullabona.docket.core.decide import instrument_of
from nullabona.docket.core.instrument import Instrument
from nullabona.docket.core.records import Demand
from nullabona.docket.desk import Desk
from nullabona.docket.keeping.staff import NoSuchOfficer
from nullabona.errors import NullabonaError

T = TypeVar("T")
MOST_ASIDE: Final = 2
"""Packages that are made or sealed at once; more wait for their turn."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a console is run. ``synced``: passkeys that a service copies between devices are let in.

    ``clock_is_right``: somebody has looked at the clock, for the first beat.
    """

    site: Site
    synced: bool = False
    clock_is_right: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """A period of the docket log and when its slots are due."""

    number: int
    due_s: int


@dataclass(slots=True)
class Pulse:
    """How the beat of the public record goes. ``problem``: what went wrong last, None once a beat went well."""

    period: int | None = None
    at_s: int = 0
    waiting: int = 0
    problem: NullabonaError | None = None


class Console:
    """What pages work with. One thread uses it."""

    def __init__(
        self, desk: Desk, store: ConsoleStore, settings: Settings, notice_delivery: NoticeDelivery | None = None
    ) -> None:
        self.desk = desk
        self.notice_delivery = notice_delivery
        """Takes notices to their inboxes; None where no relay is reached from."""
        self.store = store
        self.settings = settings
        self.sessions = Sessions()
        self.staging = Staging()
        self.pulse = Pulse()
        self._aside = ThreadPoolExecutor(MOST_ASIDE, thread_name_prefix="aside")
        self.entrance = Entrance(settings.site, store, self)
        self.registrar = Registrar(settings.site, synced=settings.synced)
        self.enrolling = Enrolling(store, self.registrar, self._recipient)
        self.verify = VerifyPasskey(settings.site, store)

    async def aside(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, which takes its time and touches neither desk nor store; others go on meanwhile.

        Whatever was read before may have changed when it is there.
        """
        return await asyncio.get_running_loop().run_in_executor(self._aside, work)

    def close(self) -> None:
        """Wait for what is made aside, and begin nothing more of it."""
        self._aside.shutdown(cancel_futures=True)

    def admitted(self, passkey: Passkey) -> bool:
        """Whether two officers have admitted this key, for an officer who is active."""
        officer = self.active(passkey.officer)
        if officer is None:
            return False
        wanted = (key_id_of(passkey.credential_id), passkey.public_key)
        return any(wanted == (one.key_id, one.public) for one in self.desk.staff.credentials(officer.id))

    def working(self, officer: str) -> tuple[Passkey, ...]:
        """The passkeys that an officer can sign in and sign with."""
        return tuple(one for one in self.store.passkeys_of(officer) if not one.aside and self.admitted(one))

    def has_too_few(self, officer: str) -> bool:
        """Whether the officer must add an authenticator before anything else."""
        return len(self.working(officer)) < LEAST_PASSKEYS

    def instrument(self, demand: Demand) -> Instrument:
        """The row of the taxonomy that was in force when a demand arrived."""
        return instrument_of(demand, self.desk.taxonomy)

    def period(self, now_s: int) -> Period:
        """The period of the docket log that is running."""
        number = self.desk.cadence.period_at(now_s)
        return Period(number, self.desk.cadence.due_of(number))

    def active(self, name: str) -> Officer | None:
        """An officer who works here."""
        try:
            found = self.desk.staff.officer(name)
        except NoSuchOfficer:
            return None
        return found if found.active else None

    def sweep(self, now_s: int) -> None:
        """Forget and erase what has run out."""
        self.sessions.sweep(now_s)
        self.staging.sweep(now_s)
        self.store.sweep(now_s)

    def _recipient(self, name: str) -> str | None:
        found = self.active(name)
        return None if found is None else found.recipient
