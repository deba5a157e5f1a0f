"""The console's refusals. None tells a stranger more than that the attempt failed."""

from __future__ import annotations

from nullabona.errors import PeerError, UserError


class PasskeyRefused(PeerError):
    """An authenticator signed something else than requested, or with an unknown passkey."""

    code = "passkey-refused"
    default_hint = (
        "a key that was just added works once two officers have admitted it; else try again, "
        "then use your other authenticator and tell an admin"
    )


class SignCountWentBack(PeerError):
    """An authenticator's signature counter went back, so a copy of it may exist."""

    code = "passkey-copied"
    default_hint = "remove this authenticator with your other one, and tell an admin now"


class SignatureSpent(PeerError):
    """The signature was already used, or has expired."""

    code = "signature-spent"
    default_hint = "start again: review what you are about to do, and sign it"


class EnrolmentRefused(UserError):
    """The enrolment token is wrong, used or expired."""

    code = "enrolment-refused"
    default_hint = "ask an admin for a new one: nulla docket invite OFFICER"


class PasskeyUnsuitable(UserError):
    """The authenticator is not suitable."""

    code = "passkey-unsuitable"
    default_hint = "use a security key or this machine's own authenticator, with PIN or fingerprint"


class TooFewPasskeys(UserError):
    """An officer needs two authenticators."""

    code = "too-few-passkeys"
    default_hint = "add another authenticator first"


class NotReady(UserError):
    """The waiting time is not over yet."""

    code = "not-ready"
    default_hint = "wait until the time shown"


class TooOften(UserError):
    """Too many wrong tries. Only the person who made them must wait."""

    code = "too-often"
    retryable = True

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many tries, wait {wait_s} s")
        self.wait_s = wait_s


class DocumentGone(UserError):
    """The uploaded original is no longer held."""

    code = "document-gone"
    default_hint = "choose the original document again"


class FormWrong(UserError):
    """A field of a form is invalid."""

    code = "form-wrong"
    default_hint = "correct the field and send the form again"
