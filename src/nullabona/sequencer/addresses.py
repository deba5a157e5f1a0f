"""The witnesses that a log asks to cosign."""

from __future__ import annotations

from dataclasses import dataclass

from nullabona.log.keys import VerifierKey
from nullabona.log.note import Verifier
from nullabona.log.policy import Policy


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


def addresses_of(policy: Policy) -> tuple[WitnessAddress, ...]:
    """The witnesses of a policy with a URL; keys with the same URL are one witness."""
    found: dict[str, list[VerifierKey]] = {}
    for witness in policy.witnesses:
        if witness.url:
            found.setdefault(witness.url, []).append(witness.key)
    return tuple(WitnessAddress(url, tuple(keys)) for url, keys in found.items())
