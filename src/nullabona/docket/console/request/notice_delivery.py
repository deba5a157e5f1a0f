"""Delivers notices to their inboxes on a separate thread, so that a slow relay delays no officer.

The desk makes the letters and records deliveries, both on the desk's thread. An interruption may deliver a letter
twice, which is harmless: the person's app recognises it.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from nullabona.docket.cases.notices import ReadyNotice
from nullabona.docket.console.passkeys.refusals import FormWrong
from nullabona.docket.desk import Desk
from nullabona.docket.ports import Acting, Deliver
from nullabona.errors import Bug, NullabonaError

Back = Callable[[Callable[[], None]], object]
"""Schedules a call on the desk's thread."""
_WENT_WRONG: Final = "the delivery stopped for a reason that nobody foresaw"


class NoticeDelivery:
    """Delivers notices. Everything except `_carry` runs on the desk's thread."""

    def __init__(self, desk: Desk, deliver: Deliver, back: Back) -> None:
        self._desk = desk
        self._deliver = deliver
        self._back = back
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="notice-delivery")
        self.under_way = 0
        """The number of notices being delivered."""
        self.failed: dict[bytes, NullabonaError] = {}
        """The error of each notice's last delivery attempt."""

    def send(self, who: Acting) -> int:
        """Start delivering what the log proves; how many. Raises `FormWrong` while a delivery is under way."""
        if self.under_way:
            raise FormWrong("notices are being delivered already")
        notices = [each for each in self._desk.notices(who) if isinstance(each, ReadyNotice)]
        self.under_way = len(notices)
        self.failed.clear()
        for notice in notices:
            self._pool.submit(self._carry, notice)
        return len(notices)

    def close(self) -> None:
        """Wait for the letter under way, and drop the others: they are sent the next time."""
        self._pool.shutdown(cancel_futures=True)

    def _carry(self, notice: ReadyNotice) -> None:
        try:
            for letter in notice.letters:
                self._deliver(letter.handle, letter.inbox, letter.frame)
        except NullabonaError as error:
            problem: NullabonaError = error
        except Exception as error:  # noqa: BLE001 - the officer is told; what it was may hold a handle
            problem = Bug(_WENT_WRONG)
            problem.__cause__ = error
        else:
            self._back(lambda: self._delivered(notice))
            return
        self._back(lambda: self._failed(notice, problem))

    def _delivered(self, notice: ReadyNotice) -> None:
        self.under_way -= 1
        try:
            self._desk.note_delivered(notice)
        except NullabonaError as error:
            self.failed[notice.commitment] = error

    def _failed(self, notice: ReadyNotice, problem: NullabonaError) -> None:
        self.under_way -= 1
        self.failed[notice.commitment] = problem
