"""An officer's file: the key that signs, and the identity that opens cases."""

from __future__ import annotations

import base64
import os
import secrets
import stat
from pathlib import Path

import msgspec

from nullabona.docket.core.acts import EnrolDetails
from nullabona.docket.keeping.signing import credential_of
from nullabona.docket.keeping.vault import new_identity, recipient_of
from nullabona.docket.ports import Acting
from nullabona.errors import UserError
from nullabona.machine.failures import reason_of


class OfficerFileUnusable(UserError):
    """An officer's file is missing, malformed, or readable by others."""

    code = "docket-officer-file"
    default_hint = "make one with `nulla docket officer new`; it must belong to you and have the mode 0600"


class OfficerFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an officer keeps away from the desk."""

    name: str
    seed: bytes
    identity: str

    @property
    def acting(self) -> Acting:
        """The officer, with their identity unlocked."""
        return Acting(self.name, (self.identity,))

    def enrolment(self) -> EnrolDetails:
        """The public half."""
        credential = credential_of(self.seed, "key file")
        return EnrolDetails(self.name, self.name, recipient_of(self.identity), (credential,))


def generate_officer(name: str) -> OfficerFile:
    """A new key and identity, in memory."""
    identity, _ = new_identity()
    return OfficerFile(name, secrets.token_bytes(32), identity)


def new_officer(name: str, path: Path) -> OfficerFile:
    """Make an officer's file. Raises `OfficerFileUnusable` if there is one."""
    made = generate_officer(name)
    try:
        with open(path, "xb", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
            file.write(msgspec.json.encode(made) + b"\n")
    except OSError as error:
        raise OfficerFileUnusable(f"the officer's file cannot be made: {reason_of(error)}") from None
    return made


def read_officer(path: Path) -> OfficerFile:
    """Raises `OfficerFileUnusable`."""
    try:
        status = path.stat()
        if stat.S_IMODE(status.st_mode) & 0o077:
            raise OfficerFileUnusable("the officer's file may be read by others")
        return msgspec.json.decode(path.read_bytes(), type=OfficerFile)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError):
        raise OfficerFileUnusable("the officer's file cannot be read") from None


def read_enrolment(path: Path) -> EnrolDetails:
    """The public half of an officer's file, or of a file with the word that `officer new` printed.

    Raises `OfficerFileUnusable`.
    """
    try:
        written = path.read_bytes()
    except OSError:
        raise OfficerFileUnusable(f"the officer's file {path} cannot be read") from None
    if written.lstrip().startswith(b"{"):
        return read_officer(path).enrolment()
    return decode_enrolment(written.decode("ascii", "replace").strip())


def encode_enrolment(details: EnrolDetails) -> str:
    """One word that an officer gives to the admins; it holds nothing secret."""
    return base64.urlsafe_b64encode(msgspec.json.encode(details)).decode("ascii")


def decode_enrolment(text: str) -> EnrolDetails:
    """Raises `OfficerFileUnusable`."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text), type=EnrolDetails)
    except (ValueError, msgspec.DecodeError, msgspec.ValidationError):
        raise OfficerFileUnusable("this is not what `nulla docket officer new` prints") from None
