"""Answers what pages ask: a module for each group of calls, and `rpc`, which reads calls and sends answers."""

from nullabona.app.answers import (
    account,
    backups,
    chat,
    devices,
    entering,
    imports,
    moving,
    people,
    record,
    talk,
    trust,
    updates,
)

__all__ = [
    "account",
    "backups",
    "chat",
    "devices",
    "entering",
    "imports",
    "moving",
    "people",
    "record",
    "talk",
    "trust",
    "updates",
]
