"""How far this device has read its account's inbox, at the current relay and at earlier ones.

The inbox moves to the relay that the account's newest card names (spec/relocation.md §2). Its box has the same secrets
there. We read the old box as long as relays keep frames, since others may still append there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery.outbox import drop_trim, drop_trims
from nullabona.client.core.identity import inbox_addresses
from nullabona.client.core.model.facts.account import RelayMoved, Warned
from nullabona.client.core.relocation import schedule
from nullabona.client.core.step import DAY_MS, Step
from nullabona.wire.address import BoxSecrets
from nullabona.wire.card import Card
from nullabona.wire.endpoint import EndpointRefused, same_or_safer
from nullabona.wire.messages import POLICY_INBOX

READ_ON_DAYS: Final = 30
"""How long we read the inbox at a relay that the account has left."""
MOST_FORMER: Final = 4
_STATE: Final = "inbox"


class WaitingItem(msgspec.Struct, array_like=True):
    """An item whose blob has not come yet: its sealed text is kept as opened. ``relay``: where it came from."""

    plain: bytes
    since: int
    relay: str = ""
    place: bytes = b""
    """The address of the reply box that contained it; empty: the inbox."""
    frame: bytes = b""
    """The hash of the frame."""
    by: bytes = b""
    """The certificate of the device that sent it in a direct room; then ``plain`` is only the invitation."""
    account: bytes = b""
    """The sender's account, if we know that account."""


class FormerInbox(msgspec.Struct, array_like=True):
    """The inbox at a relay that the account has left. Read, never trimmed: it expires there."""

    relay: str
    incarnation: bytes
    position: int
    until: int


class InboxState(msgspec.Struct):
    """How far this device has read its account's inbox."""

    read_secret: bytes
    write_secret: bytes
    seed: bytes
    relay: str
    incarnation: bytes = b""
    position: int = 0
    trimmed: int = 0
    trim_at: int | None = None
    told: int = 0
    """The position that we last sent to our account's other devices."""
    waiting: list[WaitingItem] = msgspec.field(default_factory=list)
    former: list[FormerInbox] = msgspec.field(default_factory=list)
    head: int = 0
    """The last number that an answer named: there is more to read as long as we are not there."""
    read_at: int = 0
    """When we were there last, in ms."""

    @property
    def box(self) -> BoxSecrets:
        return BoxSecrets(POLICY_INBOX, self.read_secret, self.write_secret)

    @property
    def relays(self) -> frozenset[str]:
        """The relays where we read it."""
        return frozenset({self.relay, *(place.relay for place in self.former)})

    def at(self, relay: str) -> InboxState | FormerInbox | None:
        """How far we have read at one relay."""
        if relay == self.relay:
            return self
        return next((place for place in self.former if place.relay == relay), None)

    def __repr__(self) -> str:
        return f"<InboxState position={self.position}>"


_states = msgspec.msgpack.Decoder(InboxState)


def load(step: Step) -> InboxState | None:
    """The inbox's state; None: there is no account yet, or this device is no longer one of its devices."""
    data = None if own_devices.is_signed_out(step.store) else step.store.get_value(_STATE)
    return _states.decode(data) if data else None


def save(step: Step, state: InboxState) -> None:
    step.store.set_value(_STATE, msgspec.msgpack.encode(state))


def leave(step: Step) -> None:
    """Erase nothing more there: our card may not name every device that must have read it."""
    state = load(step)
    if state is not None:
        drop_trim(step, state.box)


def forget_former(step: Step, state: InboxState) -> None:
    """Forget former inboxes whose frames have expired."""
    state.former = [place for place in state.former if place.until > step.now]


def follow(step: Step, card: Card) -> None:
    """Follow our account's newest card: if it names another relay, the inbox and new rooms of the account are there.

    We warn about a card that names services on this machine, and do not follow it unless the inbox was there before.
    """
    state = load(step)
    relay = card.inbox.relay or inbox_addresses.host_relay(step.local.handle)
    chosen = own_devices.chosen_relay(step.store)
    if state is None or relay == state.relay or (chosen and relay != chosen):
        return  # the last: another device did not know yet what was chosen here; a card that says it is on its way
    try:
        same_or_safer(relay, state.relay)
    except EndpointRefused:
        step.tell(Warned(code="relay-refused", detail={"relay": relay}))
        return
    left = state.relay
    _go(step, state, relay)
    step.local = replace(step.local, relay=relay)
    drop_trims(step, [left])
    step.tell(RelayMoved(relay, left))
    schedule.relay_changed(step, left)


def _go(step: Step, state: InboxState, relay: str) -> None:
    drop_trim(step, state.box)
    back = state.at(relay)
    left = FormerInbox(state.relay, state.incarnation, state.position, step.now + READ_ON_DAYS * DAY_MS)
    others = [place for place in state.former if place.relay not in {relay, left.relay}]
    state.relay, state.former = relay, [*others, left][-MOST_FORMER:]
    state.incarnation, state.position = (back.incarnation, back.position) if back is not None else (b"", 0)
    state.trimmed = state.told = 0
    state.trim_at = None
    save(step, state)
