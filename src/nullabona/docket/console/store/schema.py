"""Every column and file of the console, its purpose and retention; a test compares this with the real database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from nullabona.wire.data_held import Column, DataFile

_PASSKEY: Final = "while the desk keeps the officer's signatures, which it verifies"
_APPLICANT: Final = "until two officers have admitted the applicant, or one has turned them away"
_ENROLMENT: Final = "until used, 24 hours at most"
_RECOVERY: Final = "until the officer enrolled again or somebody objected"

_OFFICER: Final = "desk staff"
_COLUMNS: Final[Mapping[str, tuple[str, str]]] = {
    "passkey.credential_id": ("how the authenticator calls the key", _PASSKEY),
    "passkey.officer": ("whose it is", _PASSKEY),
    "passkey.label": ("what the officer calls the authenticator", _PASSKEY),
    "passkey.public_key": ("verifies what the officer signs", _PASSKEY),
    "passkey.sign_count": ("notices a copied authenticator", _PASSKEY),
    "passkey.sealed": ("the officer's age identity, sealed with a secret that only the authenticator gives", _PASSKEY),
    "passkey.added_s": ("lets the officer tell authenticators apart", _PASSKEY),
    "passkey.aside": ("whether the officer has set it aside: it opens nothing any more", _PASSKEY),
    "applicant.officer": ("who wants to become an officer", _APPLICANT),
    "applicant.name": ("as colleagues know them", _APPLICANT),
    "applicant.recipient": ("what cases will be sealed to", _APPLICANT),
    "applicant.applied_s": ("orders the list", _APPLICANT),
    "enrolment.token_hash": ("SHA-256 of the token that an admin handed over", _ENROLMENT),
    "enrolment.officer": ("whom the token is for", _ENROLMENT),
    "enrolment.name": ("as colleagues know them", _ENROLMENT),
    "enrolment.until_s": ("when it ends", _ENROLMENT),
    "enrolment.known": ("whether the desk knows the officer: earlier passkeys end with its use", _ENROLMENT),
    "recovery.officer": ("who lost every passkey", _RECOVERY),
    "recovery.opened_by": ("the first admin who vouched", _RECOVERY),
    "recovery.opened_s": ("when", _RECOVERY),
    "recovery.seconded_by": ("the second admin, another person", _RECOVERY),
    "recovery.seconded_s": ("the day of waiting begins here", _RECOVERY),
    "display.officer": ("whose choice", "until changed"),
    "display.language": ("Korean or English", "until changed"),
    "display.theme": ("light or dark", "until changed"),
}
COLUMNS: Final = tuple(
    Column(name.partition(".")[0], name.partition(".")[2], purpose, kept, _OFFICER)
    for name, (purpose, kept) in _COLUMNS.items()
)
FILES: Final = (
    DataFile("console.db", "the database", "as its columns say", "as its columns"),
    DataFile("console.db-wal", "SQLite's write-ahead log", "until the next checkpoint", "as the columns"),
    DataFile("console.db-shm", "SQLite's index of the log", "as long as the log", "none"),
    DataFile("lock", "number of the console's process, held by it", "while the desk exists", "none"),
)
