"""What an operator could hand over about this account, made by the code that makes the operator's own production."""

from __future__ import annotations

import asyncio
import json

from nullabona.client.account import registered_day
from nullabona.client.api.contacts import ContactCalls
from nullabona.client.api.errors import TimedOut, UnknownHandle
from nullabona.client.api.records import PrivacyReport
from nullabona.client.api.standing import describe_standing
from nullabona.client.core.directory.checking import Checked
from nullabona.client.core.directory.keeping import own_entries
from nullabona.wire.card import card_hash
from nullabona.wire.data_held import DIRECTORY_COLUMNS, DIRECTORY_FILES, RELAY_COLUMNS, RELAY_FILES
from nullabona.wire.handle import parse_handle
from nullabona.wire.producible import StoredCard, produce


class PrivacyCalls(ContactCalls):
    """The part of `Client` about what others hold."""

    async def privacy(self, *, timeout_s: float = 30.0) -> PrivacyReport:
        """Our own card, looked up as a stranger would, as the record that a warrant for this account yields.

        The day of registration is not public: it is what this device remembers, or 0 on a restored one. An entry that
        waits for its epoch is known to the directory alone until that is published. Raises
        `UnknownHandle`, `Refused` or `TimedOut`.
        """
        handle = parse_handle(self._session.account().record.handle)
        shown = await self._shown(str(handle), timeout_s)
        with self._session.look() as store:
            day, entries = registered_day(store), own_entries(store)
            standing = describe_standing(store, handle.authority)
        digest = card_hash(shown.card)
        waiting = [shown.promise.by] if shown.promise is not None else []
        epoch = next(iter([each.epoch for each in entries if each.digest == digest] + waiting), 0)
        record = produce(handle, StoredCard.of(handle, shown.card, day, shown.label, epoch), entries=entries)
        return PrivacyReport(
            str(handle),
            self._session.account().relay,
            record,
            json.dumps(record, ensure_ascii=False, indent=2),
            RELAY_COLUMNS,
            DIRECTORY_COLUMNS,
            RELAY_FILES,
            DIRECTORY_FILES,
            standing,
        )

    async def _shown(self, handle: str, timeout_s: float) -> Checked:
        """Our card as a stranger finds it, once this device has looked through the record up to now."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._session.runner.oversight.watch_now()
                shown = await self._session.runner.directories.look_up(handle)
        except TimeoutError:
            raise TimedOut("the directory of this account was not reached in time") from None
        if not shown.card:
            raise UnknownHandle("the directory does not show this account's card; nothing could be handed over")
        return shown
