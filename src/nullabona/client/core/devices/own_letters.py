"""Letters that a device writes to its own account's inbox (spec/room.md §9.2).

A watcher of a relay sees how often something comes into a named inbox: people who are asked often know many. These
letters have the size of all letters and come now and then, so that what others send stands out less.
"""

from __future__ import annotations

from nullabona.client.core.account import own_devices
from nullabona.client.core.delivery.outbox import queue_item
from nullabona.client.core.devices import inbox_state
from nullabona.client.core.model.inbox_items import OwnLetter
from nullabona.client.core.step import Step


def write(step: Step) -> bool:
    """Put a letter to ourselves into the outbox; False if there is no inbox, or its relay is not known to answer now.

    It is never written to be sent later: what leaves when a device comes back would show when it did.
    """
    state, card = inbox_state.load(step), own_devices.card(step.store)
    if state is None or card is None or state.relay not in step.up:
        return False
    queue_item(step, card.inbox, state.relay, OwnLetter(b""))
    return True
