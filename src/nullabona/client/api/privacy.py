"""What an operator could hand over about this account, made by the code that makes the operator's own production."""

from __future__ import annotations

import json

from nullabona.client.account import registered_day
from nullabona.client.api.contacts import ContactCalls
from nullabona.client.api.errors import UnknownHandle
from nullabona.client.api.records import PrivacyReport
from nullabona.wire.data_held import DIRECTORY_COLUMNS, DIRECTORY_FILES, RELAY_COLUMNS, RELAY_FILES
from nullabona.wire.handle import parse_handle
from nullabona.wire.producible import StoredCard, produce


class PrivacyCalls(ContactCalls):
    """The part of `Client` about what others hold."""

    async def privacy(self, *, timeout_s: float = 30.0) -> PrivacyReport:
        """Our own card, looked up as a stranger would, as the record that a warrant for this account yields.

        The day of registration is not public: it is what this device remembers, or 0 on a restored one. Raises
        `UnknownHandle`, `Refused` or `TimedOut`.
        """
        handle = parse_handle(self._session.account().record.handle)
        data = await self._shown(str(handle), timeout_s)
        with self._session.look() as store:
            day = registered_day(store)
        record = produce(handle, StoredCard.of(handle, data, day))
        return PrivacyReport(
            str(handle),
            self._session.account().record.relay,
            record,
            json.dumps(record, ensure_ascii=False, indent=2),
            RELAY_COLUMNS,
            DIRECTORY_COLUMNS,
            RELAY_FILES,
            DIRECTORY_FILES,
        )

    async def _shown(self, handle: str, timeout_s: float) -> bytes:
        data = await self._looked_up(handle, timeout_s)
        if data is None:
            raise UnknownHandle("the directory does not show this account's card; nothing could be handed over")
        return data
