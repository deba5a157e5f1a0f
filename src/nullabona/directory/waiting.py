"""Changes that wait for their transaction, and how those who asked for them are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from nullabona.wire.card import UnverifiedCard, UnverifiedDelete
from nullabona.wire.messages import AnyResponse
from nullabona.wire.service import Asker

ChangeRequest: TypeAlias = UnverifiedCard | UnverifiedDelete


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change, who asks for it, and where its answer goes."""

    request: ChangeRequest
    token: bytes = field(repr=False)
    """For a new handle, where one is needed."""
    asker: Asker
    answer: asyncio.Future[AnyResponse]


def answer_all(batch: Sequence[Waiting], answers: Sequence[AnyResponse]) -> None:
    """Give each its answer, unless the one who asked has gone."""
    for waiting, answer in zip(batch, answers, strict=True):
        if not waiting.answer.done():
            waiting.answer.set_result(answer)


def fail_all(batch: Sequence[Waiting], error: Exception) -> None:
    """A fault of ours: it reaches all who still wait."""
    for waiting in batch:
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
