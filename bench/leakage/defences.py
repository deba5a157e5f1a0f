"""What our design does against being watched, each part of which can be taken away or added for an ablation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Defences:
    """The defaults are the product as it is.

    Those that the product has are taken away through its own settings and constants. Those that it does not have are
    played in the simulated network: ``connection_per_box``, ``cover_reads``, ``poll_s``. Four that it has are taken
    away in what is noted, because the product has no switch for them: ``epoch_addresses``, ``inbox_apart``, ``bells``
    and ``drawn_waits``.
    """

    padding: bool = True
    """Frames and chunks have one of a few sizes. Without it MLS still rounds messages up to 256 bytes."""
    receipt_delay: bool = True
    """A receipt waits for a random time, longer in larger rooms."""
    epoch_addresses: bool = True
    """A room moves to another box with each epoch."""
    inbox_apart: bool = True
    """The account's inbox is read over another connection than its rooms."""
    bells: bool = True
    """A room's box is listened for by a bell; without it, a read waits there and stands in the relay's memory."""
    drawn_waits: bool = True
    """How long a bell is listened for is drawn; without it, the bells of one room run out in the same second."""
    apart: bool = False
    """In the product, but not unless somebody asks for it: every request goes on a connection of its own, and every box
    is read at drawn moments (`nullabona.client.net.NetOptions`)."""
    connection_per_box: bool = False
    """Not in the product: every box is read and written over a connection of its own."""
    cover_reads: int = 0
    """Not in the product: so many boxes of a public pool that each device also reads, and now and then writes to."""
    poll_s: int = 0
    """Not in the product: reads do not wait; everything is asked for once in so many seconds."""

    @property
    def label(self) -> str:
        """What differs from the product, for file names and tables: ``product`` if nothing does."""
        changed = [field.name for field in fields(self) if getattr(self, field.name) != field.default]
        return "+".join(f"{name}={getattr(self, name)}" for name in changed) or "product"


PRODUCT: Final = Defences()
APART: Final = "with every request apart"
ABLATION: Final[dict[str, dict[str, Any]]] = {
    "without padding": {"padding": False},
    "without receipt delay": {"receipt_delay": False},
    "without epoch addresses": {"epoch_addresses": False},
    "without the inbox apart": {"inbox_apart": False},
    "without bells": {"bells": False},
    "without drawn waits": {"drawn_waits": False},
    APART: {"apart": True},
    "with a connection per box": {"connection_per_box": True},
    "with cover reads": {"cover_reads": 10},
    "with polling": {"poll_s": 60},
}
"""What to change of `PRODUCT`, by what it is called."""
