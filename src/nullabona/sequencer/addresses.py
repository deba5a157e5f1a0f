"""The witnesses that a log asks to cosign."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.log.note import Verifier


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness: the URL for its checkpoints, and the keys of its cosignatures."""

    url: str
    verifiers: tuple[Verifier, ...]

    @property
    def key(self) -> str:
        """The key under which its state is remembered."""
        first = self.verifiers[0]
        return f"{first.name}+{first.key_id.hex()}"
