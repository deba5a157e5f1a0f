"""The designs that are measured, by name: ours first, then the models, then ours with one defence changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bench.leakage.defences import ABLATION, PRODUCT, Defences
from bench.leakage.record import recorded
from bench.leakage.rivals import RIVALS
from bench.leakage.society import Society
from bench.leakage.tournament import Design
from bench.leakage.trace import Recording

OURS: Final = "ours"


def every() -> Mapping[str, Design]:
    """All of them. Recordings of ours are kept, as they take long."""
    found = {OURS: _ours(OURS, PRODUCT)}
    found |= {name: _model(name) for name in RIVALS}
    return found | {changed(label): _ours(changed(label), Defences(**change)) for label, change in ABLATION.items()}


def changed(label: str) -> str:
    """What ours with one defence changed is called."""
    return f"{OURS}, {label}"


def is_changed(design: str) -> bool:
    return design.startswith(changed(""))


def _ours(name: str, defences: Defences) -> Design:
    def record(society: Society) -> Recording:
        return replace(recorded(society.seed, society.size, defences, seized=society.seized), design=name)

    return record


def _model(name: str) -> Design:
    def record(society: Society) -> Recording:
        return RIVALS[name](society).recording()

    return record
