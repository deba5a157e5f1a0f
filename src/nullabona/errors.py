"""The one error tree. Its branches answer "whose fault":

::

    NullabonaError            code, sentence, hint, retryable
    ├── UserError             the person (or operator) asked for something that cannot be done as asked
    ├── PeerError             bytes or behaviour of somebody else: a relay, a member, a stranger
    │   └── Refused           the relay or directory answered "no", with a wire code
    ├── Bug                   our own fault: an invariant does not hold
    └── …                     nobody's: a disk or a store of this machine fails

A subclass fixes ``code`` (stable, kebab-case, listed in docs/errors.md), a default ``hint`` and whether a retry of
the same call may succeed. No message, hint or ``repr`` ever contains a secret, a plaintext or a frame.
"""

from __future__ import annotations

from typing import ClassVar


class NullabonaError(Exception):
    """Root of every error this project raises on purpose.

    ``str(error)`` is one sentence for a person. ``hint`` says what to do next and may be empty.
    """

    code: ClassVar[str] = "error"
    default_hint: ClassVar[str] = ""
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint

    def render(self) -> str:
        """The two-part text shown to a person: ``error: … [code]`` and, if there is one, the hint."""
        text = f"error: {self.message} [{self.code}]"
        return f"{text}\n\nhint: {self.hint}" if self.hint else text


class UserError(NullabonaError):
    """The request cannot be carried out as asked; changing the request helps."""

    code = "user-error"


class PeerError(NullabonaError):
    """Bytes or behaviour from outside are wrong; nothing of them was kept or acted on."""

    code = "peer-error"


class Malformed(PeerError):
    """Outside bytes do not decode to a value that spec/ allows."""

    code = "malformed"


class Refused(PeerError):
    """A relay or directory answered a request with a refusal (spec/relay.md, "Refusals").

    ``wire_code`` is the refusal's code; ``retry_after_s`` is how long, in whole seconds, to wait before the same
    request may succeed (0: no advice).
    """

    code = "refused"

    def __init__(self, wire_code: str, *, retry_after_s: int = 0, retryable: bool = False) -> None:
        super().__init__(f"the relay refused the request: {wire_code}")
        self.wire_code = wire_code
        self.retry_after_s = retry_after_s
        self.can_retry = retryable


class Bug(NullabonaError):
    """An invariant of ours does not hold; please report it."""

    code = "bug"
    default_hint = "please report this with the command you ran; it contains no secrets"
