"""Defences, each with how to take it out of the code and which drill must fail then; one module for each drill.

`tools/drill_mutants.py` plays them (`make drill-mutants`). A test sees to it that every edit still fits the code. A
module is named as its drill, with ``_`` for ``-``, and its ``MUTANTS`` are of that drill.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Final

from tests.drills.mutants.kinds import Edit, Mutant, mutant

__all__ = ["MUTANTS", "Edit", "Mutant", "mutant"]

_SHARED: Final = frozenset({"kinds", "parts"})
_MODULES: Final = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in _SHARED)

MUTANTS: Final[tuple[Mutant, ...]] = tuple(
    one for module in _MODULES for one in import_module(f"{__name__}.{module}").MUTANTS
)
"""All of them."""
