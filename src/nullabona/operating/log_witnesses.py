"""The witnesses that a log asks, out of its policy."""

from __future__ import annotations

from nullabona.log.keys import VerifierKey
from nullabona.log.policy import Policy
from nullabona.machine.settings import BadConfig
from nullabona.sequencer import WitnessAddress


def witnesses_in(policy: Policy, beside: str = "") -> list[WitnessAddress]:
    """Where each witness of the policy is, and its keys.

    Raises `BadConfig` for one without a URL; ``beside`` ends the sentence with what else could have named it.
    """
    found: dict[str, list[VerifierKey]] = {}
    for witness in policy.witnesses:
        if not witness.url:
            raise BadConfig(
                f"the policy names the witness {witness.name} without a URL{beside}",
                hint="end the line with the URL: witness NAME VKEY https://…",
            )
        found.setdefault(witness.url, []).append(witness.key)
    return [WitnessAddress(url, tuple(keys)) for url, keys in found.items()]
