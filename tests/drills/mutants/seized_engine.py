"""What keeps frames off the disks of an engine's nodes, and people's words and names out of all that a node has."""

from __future__ import annotations

from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant
from tests.drills.mutants.parts import FRAME, MESSAGES

_SETTINGS: Final = "relay/shelves/engine/settings.py"

MUTANTS: Final[tuple[Mutant, ...]] = (
    mutant("a node appends what it is told to a file", "seized-engine", "S-36",
        Edit(_SETTINGS, 'Setting("appendonly", "no", _DISK)', 'Setting("appendonly", "yes", _DISK)')),
    mutant("a node saves what it has every second", "seized-engine", "S-36",
        Edit(_SETTINGS, 'Setting("save", "", _DISK)', 'Setting("save", "1 1", _DISK)')),
    mutant("frames and messages pass as they are", "seized-engine", "S-42", *FRAME, *MESSAGES),
    mutant("what comes into an inbox is not sealed", "seized-engine", "S-42",
        Edit("wire/seal.py", "return _SUITE.encrypt(plaintext, key, info)", "return bytes(OVERHEAD) + plaintext"),
        Edit("wire/seal.py", "return _SUITE.decrypt(sealed, inbox_keypair(seed).private, info)", "return sealed[OVERHEAD:]")),
)  # fmt: skip
