"""What the commands of ``nulla release`` read and write: statements, signatures, key files, the files of a release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from nullabona.cli.log.work import LogFileUnusable, read_small, write_file
from nullabona.log.keys import parse_vkey
from nullabona.machine.failures import reason_of
from nullabona.releases.drafting import DraftInvalid, describe, in_order, pair_of
from nullabona.releases.statement import KeyPair, ReleaseFile, Statement, encode_statement, read_statement


def read_statement_file(path: Path) -> Statement:
    """The statement in a file that `write_statement` wrote. Raises `LogFileUnusable` or `Malformed`."""
    return read_statement(read_small(path).removesuffix(b"\n"))


def write_statement(path: Path, statement: Statement) -> None:
    """Write a statement that can be read again. Raises `Malformed` if it is none, or `LogFileUnusable`."""
    data = encode_statement(statement)
    read_statement(data)
    write_file(path, data + b"\n")


def read_pair(path: Path) -> KeyPair:
    """The public release key in a file of vkey lines. Raises `LogFileUnusable`, `DraftInvalid` or `Malformed`."""
    lines = read_small(path).decode("utf-8", "replace").split()
    return pair_of(parse_vkey(line) for line in lines)


def files_in(folder: Path) -> tuple[ReleaseFile, ...]:
    """Every file below ``folder``, by its own name. Raises `DraftInvalid` or `LogFileUnusable`."""
    if not folder.is_dir():
        raise DraftInvalid(f"{folder} is not a folder")
    return in_order(described(path for path in folder.rglob("*") if path.is_file()))


def described(paths: Iterable[Path]) -> list[ReleaseFile]:
    """Each file as a release lists it. Raises `LogFileUnusable`."""
    return [describe(path.name, *measured(path)) for path in paths]


def measured(path: Path) -> tuple[int, str]:
    """The size and the hash of a file. Raises `LogFileUnusable`."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell(), digest
    except OSError as error:
        raise LogFileUnusable(f"the file {path} cannot be read: {reason_of(error)}") from error
