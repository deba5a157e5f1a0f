"""When a choice was last made, on any device of the account: the later of two choices counts."""

from __future__ import annotations

from nullabona.client.core.step import Step


def chosen_at(step: Step, what: str) -> int:
    """The time of the last known choice, in ms; 0: never."""
    return int(step.store.get_value(_key(what)) or b"0")


def chosen_here(step: Step, what: str) -> int:
    """Note a choice made on this device now, later than every known one. Returns its time."""
    at = max(step.now, chosen_at(step, what) + 1)
    step.store.set_value(_key(what), str(at).encode())
    return at


def newer(step: Step, what: str, at: int) -> bool:
    """Whether another device's choice is later than the known one; notes its time. A future time counts as now."""
    at = min(at, step.now)
    if at < chosen_at(step, what):
        return False
    step.store.set_value(_key(what), str(at).encode())
    return True


def _key(what: str) -> str:
    return f"chosen-at:{what}"
