"""The log of a desk that was opened without one: every call is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nullabona.docket.ports import LogStatus, PublishedNote
from nullabona.errors import UserError


class NotPublishing(UserError):
    """This desk was opened without its log."""

    code = "docket-not-publishing"
    default_hint = "name its log in docket.toml: origin, log_keys and policy"


class NoLog:
    """A `DocketLog` that refuses every call."""

    @property
    def public(self) -> Path:
        raise NotPublishing("the desk was opened without its log")

    def status(self) -> LogStatus:
        raise NotPublishing("the desk was opened without its log")

    def stage(self, entries: Sequence[bytes], *, key: bytes | None = None) -> range:  # noqa: ARG002 - as every log
        raise NotPublishing("the desk was opened without its log")

    async def publish(self, now_s: int) -> PublishedNote:  # noqa: ARG002 - as every log
        raise NotPublishing("the desk was opened without its log")

    def keep(self, name: str, data: bytes) -> None:  # noqa: ARG002 - as every log
        raise NotPublishing("the desk was opened without its log")

    def inclusion(self, index: int) -> bytes:  # noqa: ARG002 - as every log
        raise NotPublishing("the desk was opened without its log")
