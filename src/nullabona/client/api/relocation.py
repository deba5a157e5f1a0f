"""Going to another relay with the account's inbox and the rooms that it may move (spec/relocation.md)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from nullabona.client import account as accounts
from nullabona.client.api.errors import BadRequest, TimedOut
from nullabona.client.api.session import Session
from nullabona.client.core.account import own_devices
from nullabona.client.core.devices import inbox_state, sync_out
from nullabona.client.core.model.sync_items import CardItem
from nullabona.client.core.relocation import moving
from nullabona.client.core.step import Step
from nullabona.client.net import Endpoint, EndpointRefused, parse_endpoint


@dataclass(frozen=True, slots=True)
class RelayMove:
    """Where the account's inbox is now, and which rooms went there from ``left``."""

    relay: str
    left: str
    rooms: tuple[bytes, ...]


class RelocationCalls:
    """The part of `Client` about which relay keeps what."""

    _session: Session

    async def move_relay(self, relay: str, *, leaving: str | None = None, timeout_s: float = 20.0) -> RelayMove:
        """Keep the account's inbox, and every room at ``leaving`` that this account may move, at another relay.

        ``leaving`` is the account's relay by default; any other takes along rooms that were left behind there. The old
        relay need not be there. Others follow by the card, which goes out in the background (`wait_published`), and by
        an order in each room. Rooms that others must move are looked for where they go. Moving again undoes it.

        Raises `EndpointRefused` for an address that is none or is this machine itself, `TimedOut` or what `connect`
        raises if the new relay does not answer (nothing has changed then), `BadRequest` if it would change nothing.
        """
        account = self._session.account()
        there = _other_place(relay, account.relay)
        left = account.relay if leaving is None else str(parse_endpoint(leaving))
        if str(there) == left:
            raise BadRequest("that is the relay you would leave")
        await self._must_answer(there, timeout_s)
        with self._session.step() as step:
            if own_devices.is_signed_out(step.store):
                raise BadRequest("this device was put out of the account")
            self._go(step, str(there))
            taken = moving.take_along(step, left, str(there))
        return RelayMove(str(there), left, tuple(taken))

    async def _must_answer(self, there: Endpoint, timeout_s: float) -> None:
        """A slip of the pen must not send the account to a relay that is not there."""
        options = self._session.options
        try:
            async with asyncio.timeout(timeout_s):
                connection = await options.dial(there, options.net)
        except TimeoutError:
            raise TimedOut("that relay did not answer in time") from None
        await connection.close()

    def _go(self, step: Step, relay: str) -> None:
        account = self._session.account_in(step.store)
        if account.relay == relay:
            return
        own_devices.choose_relay(step.store, relay)
        card = accounts.card_at(account, relay, step.day)
        accounts.take_card(step.store, card)
        inbox_state.follow(step, card)
        sync_out.tell_now(step, CardItem(card.encoded))


def _other_place(relay: str, mine: str) -> Endpoint:
    """Raises `EndpointRefused`: others cannot reach a relay on this machine, unless all of it is on one machine."""
    there = parse_endpoint(relay)
    if there.may_be_local and not parse_endpoint(mine).is_local:
        raise EndpointRefused("that is this machine itself, which nobody else reaches")
    return there
