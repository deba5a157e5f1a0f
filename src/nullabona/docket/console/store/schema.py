"""Every column and file that the console keeps, what for and how long; a test compares this with the real database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Held:
    """Why something is kept, and until when."""

    purpose: str
    kept: str


_PASSKEY: Final = "while the desk keeps the officer's signatures, which it verifies"
_APPLICANT: Final = "until two officers have admitted the applicant, or one has turned them away"
_ENROLMENT: Final = "until used, 24 hours at most"
_RECOVERY: Final = "until the officer enrolled anew or somebody objected"

COLUMNS: Final[Mapping[str, Held]] = {
    "passkey.credential_id": Held("how the authenticator calls the key", _PASSKEY),
    "passkey.officer": Held("whose it is", _PASSKEY),
    "passkey.label": Held("what the officer calls the authenticator", _PASSKEY),
    "passkey.public_key": Held("verifies what the officer signs", _PASSKEY),
    "passkey.sign_count": Held("notices a copied authenticator", _PASSKEY),
    "passkey.sealed": Held(
        "the officer's age identity, sealed with a secret that only the authenticator gives", _PASSKEY
    ),
    "passkey.added_s": Held("lets the officer tell authenticators apart", _PASSKEY),
    "passkey.aside": Held("whether the officer has set it aside: it opens nothing any more", _PASSKEY),
    "applicant.officer": Held("who wants to become an officer", _APPLICANT),
    "applicant.name": Held("as colleagues know them", _APPLICANT),
    "applicant.recipient": Held("what cases will be sealed to", _APPLICANT),
    "applicant.applied_s": Held("orders the list", _APPLICANT),
    "enrolment.token_hash": Held("SHA-256 of the token that an admin handed over", _ENROLMENT),
    "enrolment.officer": Held("whom the token is for", _ENROLMENT),
    "enrolment.name": Held("as colleagues know them", _ENROLMENT),
    "enrolment.until_s": Held("when it ends", _ENROLMENT),
    "enrolment.known": Held("whether the desk knows the officer: earlier passkeys end with its use", _ENROLMENT),
    "recovery.officer": Held("who lost every passkey", _RECOVERY),
    "recovery.opened_by": Held("the first admin who vouched", _RECOVERY),
    "recovery.opened_s": Held("when", _RECOVERY),
    "recovery.seconded_by": Held("the second admin, another person", _RECOVERY),
    "recovery.seconded_s": Held("the day of waiting begins here", _RECOVERY),
    "taste.officer": Held("whose choice", "until changed"),
    "taste.language": Held("Korean or English", "until changed"),
    "taste.theme": Held("light or dark", "until changed"),
}
FILES: Final[Mapping[str, Held]] = {
    "console.db": Held("the database", "as its columns say"),
    "console.db-wal": Held("SQLite's write-ahead log", "until the next checkpoint"),
    "console.db-shm": Held("SQLite's index of the log", "as long as the log"),
}
