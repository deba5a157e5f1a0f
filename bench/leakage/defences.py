"""What our design does against being watched, each part of which can be taken away or added for an ablation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Defences:
    """The defaults are the product as it is.

    Those that the product has are taken away through its own settings, constants and what it remembers.
    Those that it does not have are played in the simulated network: ``connection_per_box``, ``cover_reads`` and
    ``poll_s``. Three are taken away in what is noted, because the product has no switch for them: ``epoch_addresses``,
    ``wakes`` and ``drawn_waits``.
    """

    padding: bool = True
    """Frames and chunks have one of a few sizes. Without it MLS still rounds messages up to 256 bytes."""
    receipt_delay: bool = True
    """A receipt waits for a random time, longer in larger rooms."""
    epoch_addresses: bool = True
    """A room moves to another box with each epoch."""
    reply_boxes: bool = True
    """The answer to a contact request comes in a box of its own. Without it, into the asker's inbox, as to a request of
    an earlier version.
    """
    remembered: bool = True
    """A device that comes back polls the activity in between. Without it, it reads all its boxes."""
    together: bool = False
    """In the product, but not unless somebody asks for it: all rooms share one connection, and clients wait for boxes
    by wake tokens (`nullabona.client.net.NetOptions`)."""
    wakes: bool = True
    """With rooms together: clients wait for a box by a wake token; without it, a read waits and its box is in memory.
    """
    drawn_waits: bool = True
    """With rooms together: how long a client waits for a wake token is drawn; without it, the waits of one room end at
    once.
    """
    connection_per_box: bool = False
    """Not in the product, with rooms together: every box is read and written over a connection of its own."""
    cover_reads: int = 0
    """Not in the product, with rooms together: so many boxes of a public pool that each device also reads, and now and
    then writes to."""
    poll_s: int = 0
    """Not in the product, with rooms together: reads do not wait; everything is asked for once in so many seconds."""

    @property
    def label(self) -> str:
        """What differs from the product, for file names and tables: ``product`` if nothing does."""
        changed = [field.name for field in fields(self) if getattr(self, field.name) != field.default]
        return "+".join(f"{name}={getattr(self, name)}" for name in changed) or "product"


PRODUCT: Final = Defences()
TOGETHER: Final = "with rooms together"
ABLATION: Final[dict[str, dict[str, Any]]] = {
    "without padding": {"padding": False},
    "without receipt delay": {"receipt_delay": False},
    "without epoch addresses": {"epoch_addresses": False},
    "without reply boxes": {"reply_boxes": False},
    "without remembered digests": {"remembered": False},
    TOGETHER: {"together": True},
    f"{TOGETHER}, without wake tokens": {"together": True, "wakes": False},
    f"{TOGETHER}, without drawn waits": {"together": True, "drawn_waits": False},
    f"{TOGETHER}, a connection per box": {"together": True, "connection_per_box": True},
    f"{TOGETHER}, with cover reads": {"together": True, "cover_reads": 10},
    f"{TOGETHER}, with polling": {"together": True, "poll_s": 60},
}
"""What to change of `PRODUCT`, by what it is called."""
