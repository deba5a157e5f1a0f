"""What changes by itself when its time is up, in no room in particular: lines, wishes, whom we ask, where we belong."""

from __future__ import annotations

from nullabona.client.core import returning, seeking, wishes
from nullabona.client.core.chat import expiry
from nullabona.client.core.devices import own
from nullabona.client.core.step import Step


def sweep(step: Step) -> None:
    """Do what is due."""
    expiry.sweep(step)
    if own.is_signed_out(step.store):
        return
    wishes.sweep(step)
    seeking.look_after(step)
    returning.come_after_all(step)


def next_due(step: Step) -> int | None:
    """When `sweep` has something to do, in ms; None: not at all."""
    expires = step.store.next_expiry()
    if own.is_signed_out(step.store):
        return expires
    times = (expires, wishes.next_due(step), seeking.next_due(step), returning.next_due(step))
    return min((at for at in times if at is not None), default=None)
