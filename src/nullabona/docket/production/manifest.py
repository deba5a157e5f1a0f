"""``manifest.json``: the demand, the answer to each class, and every file with its hashes; canonical."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256, sha512
from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from nullabona.docket.core.records import ClassAnswer, Identifier
from nullabona.docket.ports import PackageOrder
from nullabona.docket.production.classes import ROWS, field_of, fields_of
from nullabona.wire.canonical import canonical, read_canonical
from nullabona.wire.data_held import DIRECTORY_COLUMNS, Column
from nullabona.wire.demands import DataClass, Label

FORMAT: Final = "nullabona/production/v1"
Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Hex64 = Annotated[str, Meta(pattern=r"^[0-9a-f]{128}\Z")]
_DOMAIN: Final = b"nullabona docket package v1\0"


class Operator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The operator that answers."""

    name: Annotated[str, Meta(min_length=1, max_length=120)]
    host: Annotated[str, Meta(min_length=1, max_length=120)]
    software: Annotated[str, Meta(min_length=1, max_length=120)]
    """Name and version of the program that made the package."""
    custodian_name: Annotated[str, Meta(max_length=120)] = ""
    custodian_title: Annotated[str, Meta(max_length=120)] = ""
    """Who declares what the certificate says; empty: docket.toml names nobody."""


class ListedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file, listed individually: the hash of an archive alone proves nothing about its content."""

    path: Annotated[str, Meta(pattern=r"^data/[A-Za-z0-9._/-]{1,120}\Z")]
    bytes: Annotated[int, Meta(ge=0)]
    sha256: Hex32
    sha512: Hex64


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One produced value, and where it was stored."""

    data_class: DataClass
    identifier: int
    """The index of its identifier, from 0."""
    field: str
    value: str | int
    source: str
    purpose: str
    retention: str


class Found(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The result for one identifier, exactly as the demand writes it."""

    identifier: Identifier
    found: bool


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See spec/docket.md."""

    format: Literal["nullabona/production/v1"]
    package_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    operator: Operator
    docket_no: str
    instrument: str
    instrument_label: Label
    taxonomy_sha256: Hex32
    authority: str
    authority_ref: str
    legal_basis: str
    document_sha256: Hex32
    document_sha512: Hex64
    document_bytes: int
    issued_day: int
    received_s: int
    decided_s: int
    decided_by: str
    from_day: int | None
    to_day: int | None
    targets: tuple[Found, ...]
    answers: tuple[ClassAnswer, ...]
    grounds: str
    fields: tuple[Field, ...]
    files: tuple[ListedFile, ...]
    authority_name: Annotated[str, Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    """The registry's name for ``authority``, which is an id in the registry; not encoded without a name."""

    @property
    def produces(self) -> bool:
        """Whether any data is handed over."""
        return any(answer.answer == "produced" for answer in self.answers)


def package_id(case: bytes) -> str:
    """The id of the package, which reveals nothing about the number of packages."""
    return sha256(_DOMAIN + case).hexdigest()[:32]


def produced_fields(order: PackageOrder, answers: Iterable[ClassAnswer]) -> tuple[Field, ...]:
    """Every value of the produced classes that the law allows, as ``producible`` gave it."""
    columns = {
        name: column for column in reversed(DIRECTORY_COLUMNS) for name in [field_of(column)] if name is not None
    }
    numbers = {id(match): number for number, match in enumerate(order.matches)}
    return tuple(
        _field(answer.data_class, numbers[id(match)], field, match.record[field], columns[field])
        for answer in answers
        if answer.answer == "produced"
        for match, field in fields_of(answer.data_class, order.matches, order.allowed)
    )


def make_manifest(
    order: PackageOrder,
    operator: Operator,
    instrument: Label,
    answers: tuple[ClassAnswer, ...],
    files: Mapping[str, bytes],
) -> Manifest:
    """The manifest of a package whose files are ``files``; ``instrument``: the name of the demand's kind."""
    demand, document = order.demand, order.demand.document
    return Manifest(
        format=FORMAT,
        package_id=package_id(order.case),
        operator=operator,
        docket_no=order.number,
        instrument=demand.instrument,
        instrument_label=instrument,
        taxonomy_sha256=order.taxonomy_sha256.hex(),
        authority=demand.authority,
        authority_ref=demand.authority_ref,
        legal_basis=demand.legal_basis,
        document_sha256=document.sha256.hex(),
        document_sha512=document.sha512.hex(),
        document_bytes=document.size,
        issued_day=demand.issued_day,
        received_s=order.received_s,
        decided_s=order.decided_s,
        decided_by=order.decided_by,
        from_day=demand.from_day,
        to_day=demand.to_day,
        targets=tuple(Found(match.identifier, match.found) for match in order.matches),
        answers=answers,
        grounds=order.decision.grounds,
        fields=produced_fields(order, answers),
        files=tuple(listed(path, files[path]) for path in sorted(files)),
        authority_name=order.authority_name or UNSET,
    )


def listed(path: str, data: bytes) -> ListedFile:
    """The entry of one file."""
    return ListedFile(path, len(data), sha256(data).hexdigest(), sha512(data).hexdigest())


def encode_manifest(manifest: Manifest) -> bytes:
    """Canonical JSON (RFC 8785)."""
    return canonical(manifest)


def read_manifest(data: bytes) -> Manifest:
    """Raises `Malformed`."""
    return read_canonical(data, Manifest, "a package's manifest")


def _field(data_class: DataClass, identifier: int, name: str, value: str | int, column: Column) -> Field:
    """``column``: of a field with the rows of a table, that table's first column."""
    source = f"directory.{column.table}" if name in ROWS.values() else f"directory.{column.table}.{column.name}"
    return Field(data_class, identifier, name, value, source, column.purpose, column.retention)
