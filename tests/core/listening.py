"""MLS that lets a test read what a device said: nobody can read their own messages."""

from __future__ import annotations

from typing import Any, cast

from nullabona.client.core.model.content import Body, Envelope, decode_envelope
from nullabona.client.core.model.mls_port import Group, Mls
from tests.core.stage import Stage


class _ListeningGroup:
    """A group that writes down what is encrypted in it."""

    def __init__(self, group: Group, said: list[Envelope]) -> None:
        self._group, self._said = group, said

    def encrypt(self, plaintext: bytes) -> bytes:
        self._said.append(decode_envelope(plaintext))
        return self._group.encrypt(plaintext)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a group has
        return getattr(self._group, name)


class Listening:
    """What a device says from now on: whole envelopes, in order. Everything else is real."""

    def __init__(self, stage: Stage) -> None:
        self._mls = stage.mls
        self.said: list[Envelope] = []
        stage.mls = cast("Mls", self)  # type: ignore[assignment]

    def group(self, group_id: bytes) -> Group:
        return cast("Group", _ListeningGroup(self._mls.group(group_id), self.said))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever MLS has
        return getattr(self._mls, name)

    @property
    def bodies(self) -> list[Body]:
        """What was said, without what stands around it."""
        return [each.body for each in self.said]
