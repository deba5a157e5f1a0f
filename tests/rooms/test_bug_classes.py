"""The bug classes that other messengers had: every one that can happen in a room has a named test in this directory."""

from __future__ import annotations

import re
from pathlib import Path

REQUIRED = {*range(1, 16), *range(18, 22), *range(24, 28), 30}


def test_every_class_has_a_test() -> None:
    """Each class has at least one test that is named after it."""
    found: set[int] = set()
    for page in Path(__file__).parent.glob("test_bug_classes_*.py"):
        found |= {int(number) for number in re.findall(r"^def test_class_(\d\d)_\w+\(", page.read_text(), re.MULTILINE)}
    assert found == REQUIRED
