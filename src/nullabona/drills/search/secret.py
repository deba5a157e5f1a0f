"""What a drill looks for. A secret has a label that may be printed; its value never is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from nullabona.errors import UserError


class SecretsUnreadable(UserError):
    """The file of secrets cannot be used."""

    code = "secrets-unreadable"
    default_hint = 'one JSON object per line: {"kind": "text", "label": "message 1", "value": "..."}'


class Kind(StrEnum):
    """What sort of secret it is; decides which forms make sense."""

    TEXT = "text"
    """What somebody wrote."""
    ROOM = "room"
    """A room's name."""
    PHRASE = "phrase"
    """A recovery phrase."""
    ADDRESS = "address"
    """The network address a client came from."""
    KEY = "key"
    """Raw key bytes; the value is hexadecimal in a file of secrets."""
    NAME = "name"
    """What somebody is called. If it is also their handle it is public, and is expected where their card is."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that must not be found. ``label`` names it in reports and must not give it away."""

    kind: Kind
    label: str
    value: bytes = field(repr=False)
    """UTF-8 for everything but keys."""

    @classmethod
    def text(cls, kind: Kind, label: str, value: str) -> Secret:
        """The secret for a text. Blank space around it is not part of it."""
        return cls(kind, label, value.strip().encode())


def load_secrets(path: Path) -> list[Secret]:
    """The secrets in a file of JSON lines. Raises `SecretsUnreadable`."""
    try:
        lines = path.read_text("utf-8").splitlines()
        return [_decode(json.loads(line)) for line in lines if line.strip()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SecretsUnreadable("the file of secrets cannot be read") from error


def save_secrets(path: Path, secrets: Iterable[Secret]) -> None:
    """Write a file that `load_secrets` reads."""
    path.touch(mode=0o600)
    path.write_text("".join(f"{json.dumps(_encode(secret), ensure_ascii=False)}\n" for secret in secrets), "utf-8")


def _decode(row: dict[str, str]) -> Secret:
    kind = Kind(row["kind"])
    if kind is Kind.KEY:
        return Secret(kind, row["label"], bytes.fromhex(row["value"]))
    return Secret.text(kind, row["label"], row["value"])


def _encode(secret: Secret) -> dict[str, str]:
    value = secret.value.hex() if secret.kind is Kind.KEY else secret.value.decode()
    return {"kind": secret.kind.value, "label": secret.label, "value": value}
