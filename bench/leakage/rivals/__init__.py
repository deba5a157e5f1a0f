"""Models of other designs, written from their public descriptions; each page names the statements it must satisfy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from bench.leakage.rivals.groupids import GroupIds
from bench.leakage.rivals.living import Living
from bench.leakage.rivals.mailboxes import Mailboxes
from bench.leakage.rivals.plaintext import Plaintext
from bench.leakage.rivals.queues import Queues

__all__ = ["RIVALS"]

RIVALS: Final[Mapping[str, type[Living]]] = MappingProxyType(
    {model.name: model for model in (Plaintext, Mailboxes, Queues, GroupIds)}
)
