"""When something was last chosen, on whichever device of the account: of two choices the later one counts."""

from __future__ import annotations

from nullabona.client.core.step import Step


def chosen_at(step: Step, what: str) -> int:
    """In ms; 0: never, as far as is known."""
    return int(step.store.get_value(_key(what)) or b"0")


def chosen_here(step: Step, what: str) -> int:
    """It was chosen on this device just now, later than anything that was heard of it. Returns when that was."""
    at = max(step.now, chosen_at(step, what) + 1)
    step.store.set_value(_key(what), str(at).encode())
    return at


def newer(step: Step, what: str, at: int) -> bool:
    """Whether another device chose later than what is known, which is then noted. A time ahead of ours is now."""
    at = min(at, step.now)
    if at < chosen_at(step, what):
        return False
    step.store.set_value(_key(what), str(at).encode())
    return True


def _key(what: str) -> str:
    return f"chosen-at:{what}"
