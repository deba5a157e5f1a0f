"""spec/log.md: its example holds, and its limits are the code's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nullabona.log.policy import NotWitnessed, Policy
from nullabona.log.proof import parse_proof

PAGE = (Path(__file__).parents[2] / "spec/log.md").read_text(encoding="utf-8")
PROOF, POLICY = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)[:2]


def test_the_example_is_a_proof_under_its_policy() -> None:
    """Entry `two` of three, cosigned by two of three a second after the log signed."""
    seen = parse_proof(PROOF.encode()).verify(b"two", Policy.parse(POLICY))
    assert ("relay.example/docket", 3, 1793000001) == (seen.log, seen.checkpoint.size, seen.time_s)
    assert (("bar", 1793000001), ("university", 1793000001)) == seen.witnesses


def test_the_example_needs_its_quorum() -> None:
    """With one more witness demanded, it is not believed."""
    with pytest.raises(NotWitnessed):
        parse_proof(PROOF.encode()).verify(b"two", Policy.parse(POLICY.replace("witnesses 2", "witnesses all")))
