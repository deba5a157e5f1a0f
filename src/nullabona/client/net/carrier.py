"""What every carrier is to the rest of the client."""

from __future__ import annotations

from typing import Protocol

from nullabona.wire.messages import AnyRequest, AnyResponse


class Carrier(Protocol):
    """Takes requests to one relay."""

    @property
    def is_open(self) -> bool:
        """Whether a request can be tried."""
        ...

    async def request(self, request: AnyRequest, timeout_s: float) -> AnyResponse:
        """The relay's answer, which may be a `Refusal`.

        Raises `Unreachable` (the request may or may not have been carried out), `Malformed` if the relay answers
        garbage, `TooManyRequests`. For a read, ``timeout_s`` must be longer than its ``wait_s``.
        """
        ...

    async def close(self) -> None:
        """Close the connection; requests that wait fail with `Unreachable`. Harmless when repeated."""
        ...
