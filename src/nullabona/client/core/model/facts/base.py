"""What all facts of a kind have in common."""

from __future__ import annotations

from typing import Any

import msgspec


class Signal(msgspec.Struct, frozen=True):
    """A fact that another part of the same step acts on. Listeners do not see it."""


class Happened(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """A fact that listeners see: base of every event."""

    id: int = 0
    """Its place in the profile's log, or of the event before it; 0 inside the step that tells it."""

    @property
    def kind(self) -> str:
        """The name of this kind of event, as in ``nulla --json follow``."""
        return self.__struct_config__.tag  # type: ignore[return-value]

    @property
    def room(self) -> bytes:
        """The room that it is about; empty if it is about none."""
        return b""

    def fields(self) -> dict[str, Any]:
        """Every field by name, the id first."""
        return {"id": self.id, **msgspec.structs.asdict(self)}

    def __repr__(self) -> str:  # names, greetings and texts are for the person only
        return f"<{type(self).__name__}>"


class Logged(Happened, frozen=True):
    """A fact that the profile keeps until a listener has handled it."""
