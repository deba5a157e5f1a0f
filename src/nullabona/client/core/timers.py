"""Changes outside rooms that depend only on time: expired lines, late answers, rooms that nobody added us to."""

from __future__ import annotations

from nullabona.client.core.account import own_devices
from nullabona.client.core.contacts import join_requests
from nullabona.client.core.restore import returning, seeking
from nullabona.client.core.step import Step
from nullabona.client.core.timeline import expiry


def sweep(step: Step) -> None:
    """Do what is due."""
    expiry.sweep(step)
    if own_devices.is_signed_out(step.store):
        return
    join_requests.sweep(step)
    seeking.look_after(step)
    returning.come_after_all(step)


def next_due(step: Step) -> int | None:
    """When `sweep` has something to do, in ms; None: never."""
    expires = step.store.next_expiry()
    if own_devices.is_signed_out(step.store):
        return expires
    times = (expires, join_requests.next_due(step), seeking.next_due(step), returning.next_due(step))
    return min((at for at in times if at is not None), default=None)
