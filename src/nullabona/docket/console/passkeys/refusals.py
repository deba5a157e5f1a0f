"""Why the console refuses somebody. No refusal tells a stranger more than that it did not work."""

from __future__ import annotations

from nullabona.errors import PeerError, UserError


class PasskeyRefused(PeerError):
    """An authenticator signed something else than requested, or with an unknown passkey."""

    code = "passkey-refused"
    default_hint = "try again; if it continues, use your other authenticator and tell an admin"


class SignCountWentBack(PeerError):
    """An authenticator counted less than before: there may be a copy of it."""

    code = "passkey-copied"
    default_hint = "remove this authenticator with your other one, and tell an admin now"


class SignatureSpent(PeerError):
    """This signature was used already, or has expired."""

    code = "signature-spent"
    default_hint = "start again: review what you are about to do, and sign it"


class EnrolmentRefused(UserError):
    """The token to enrol with is wrong, used or too old."""

    code = "enrolment-refused"
    default_hint = "ask an admin for a new one: nulla docket invite OFFICER"


class PasskeyUnsuitable(UserError):
    """The authenticator cannot be used here."""

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
    """Too many wrong tries. Only the person who made them has to wait."""

    code = "too-often"
    retryable = True

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many tries, wait {wait_s} s")
        self.wait_s = wait_s


class DocumentGone(UserError):
    """The original that was handed in has been forgotten."""

    code = "document-gone"
    default_hint = "choose the original document again"


class FormWrong(UserError):
    """A field of a form is invalid."""

    code = "form-wrong"
    default_hint = "correct the field and send the form again"
