"""Whom a log asks to cosign, and under which policy what it says is published."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.log.note import Verifier


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness: where it takes checkpoints, and the keys that its cosignatures verify with."""

    url: str
    verifiers: tuple[Verifier, ...]

    @property
    def key(self) -> str:
        """What it is remembered by."""
        first = self.verifiers[0]
        return f"{first.name}+{first.key_id.hex()}"
