"""Whom a log asks to cosign, and under which policy what it says is published."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.log.keys import VerifierKey
from nullabona.log.note import Verifier
from nullabona.log.policy import Policy


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


def addresses_of(policy: Policy) -> tuple[WitnessAddress, ...]:
    """The witnesses of a policy that have a URL there; keys at one URL are one witness."""
    found: dict[str, list[VerifierKey]] = {}
    for witness in policy.witnesses:
        if witness.url:
            found.setdefault(witness.url, []).append(witness.key)
    return tuple(WitnessAddress(url, tuple(keys)) for url, keys in found.items())
