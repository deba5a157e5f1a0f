"""Every module of the core can be the first one imported: cycles inside it do not depend on who comes first."""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import pytest

from nullabona.client import core

MODULES = sorted(found.name for found in pkgutil.walk_packages(core.__path__, f"{core.__name__}."))
_EACH = """
import importlib, sys
for wanted in sys.argv[1:]:
    for name in [name for name in sys.modules if name.startswith("nullabona.client.core")]:
        del sys.modules[name]
    importlib.import_module(wanted)
"""


# In the default suite tests/repo/test_circles.py guards it: where there is no circle, nobody's turn matters.
@pytest.mark.slow
def test_every_module_of_the_core_can_come_first() -> None:
    assert MODULES
    subprocess.run([sys.executable, "-c", _EACH, *MODULES], check=True)
