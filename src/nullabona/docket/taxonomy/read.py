"""Reading the taxonomy: TOML texts in, rows out. A key, word or form that is not known is refused, and so is a row that
contradicts itself or another one.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from hashlib import sha256
from importlib.resources import files
from itertools import combinations
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from nullabona.docket.taxonomy.citations import cites
from nullabona.docket.taxonomy.duration import parse_duration
from nullabona.docket.taxonomy.rows import Catalogue, Part, Row, Source
from nullabona.errors import Malformed, UserError
from nullabona.wire.canonical import canonical
from nullabona.wire.demands import Label
from nullabona.words.laws import law_of

JURISDICTIONS: Final = ("KR", "US", "EU")
ROW_FIELDS: Final = frozenset(field.encode_name for field in msgspec.structs.fields(Row))
_COUNSEL_ITSELF: Final = frozenset({"id", "counsel", "needs_counsel"})
CLAIMS: Final = (
    "valid_from", "valid_to", "law", "issuers", "compulsory", "gates", "timers", "limits", "reports", "fields",
    "register", "notice", "authority_notice", "publication", "gag", "emergency",
)  # fmt: skip
"""What a row says about the law: each was compared with a text, or counsel is asked."""


class TaxonomyInvalid(UserError):
    """A file of the taxonomy says something it may not."""

    code = "taxonomy-invalid"
    default_hint = "correct the file; nothing was imported"


class Document(Part, frozen=True):
    """One file."""

    format: Literal[1]
    jurisdiction: Literal["KR", "US", "EU"]
    as_of: dt.date
    source: Annotated[tuple[Source, ...], Meta(min_length=1)]
    instrument: Annotated[tuple[Row, ...], Meta(min_length=1)]
    missing: tuple[Label, ...] = ()
    """Kinds of demands that are known and have no row."""


def parse(texts: Mapping[str, str]) -> Catalogue:
    """The rows of the files, by file name; raises `TaxonomyInvalid` with the file and the row it is about."""
    documents = [_document(name, text) for name, text in sorted(texts.items())]
    rows = tuple(row for document in documents for row in document.instrument)
    sources = tuple(source for document in documents for source in document.source)
    for first, second in combinations(rows, 2):
        if first.id == second.id and _overlap(first, second):
            raise TaxonomyInvalid(f"two rows of {first.id} are in force on the same day")
    missing: dict[str, tuple[Label, ...]] = {document.jurisdiction: document.missing for document in documents}
    return Catalogue(rows, sources, sha256(encoded(rows)).digest(), missing)


def encoded(rows: tuple[Row, ...]) -> bytes:
    """The canonical JSON whose SHA-256 is the taxonomy's hash; anyone may compute it again."""
    return canonical(list(rows))


def load() -> Catalogue:
    """The taxonomy that came with the program."""
    folder = files("nullabona.docket.taxonomy")
    return parse({name: (folder / f"{name}.toml").read_text(encoding="utf-8") for name in JURISDICTIONS})


def row_at(catalogue: Catalogue, instrument: str, day: dt.date) -> Row | None:
    """The row of ``instrument`` that is in force on ``day``."""
    return next((row for row in catalogue.rows if row.id == instrument and row.valid_on(day)), None)


def _document(name: str, text: str) -> Document:
    try:
        document = msgspec.convert(tomllib.loads(text), Document, strict=True)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise TaxonomyInvalid(f"the taxonomy file {name} is not valid: {error}") from None
    names = [source.name for source in document.source]
    for row in document.instrument:
        for fault in _faults(row, document.jurisdiction, names):
            raise TaxonomyInvalid(f"the taxonomy file {name} is not valid: {row.id} {fault}")
    return document


def _faults(row: Row, jurisdiction: str, sources: list[str]) -> Iterator[str]:
    """What is wrong with a row on its own, in words."""
    if row.jurisdiction != jurisdiction:
        yield "belongs to another jurisdiction"
    if row.valid_to is not None and row.valid_to < row.valid_from:
        yield "ends before it begins"
    if (row.publication.count == "band") != (row.publication.band is not None):
        yield "must have a band exactly if it counts in bands"
    if row.gag.default == "statutory" and row.gag.expiry == "none" and row.publication.item != "never":
        yield "shows single demands although the law's silence has no end"
    for citation in _laws(row):
        if not law_of(citation, sources):
            yield f"cites a law that the file does not name: {citation}"
        elif not cites(citation, jurisdiction, sources):
            yield f"does not cite as its country does: {citation}"
    yield from _hidden_doubts(row)
    yield from _bad_durations(row)


def _hidden_doubts(row: Row) -> Iterator[str]:
    if row.needs_counsel != bool(row.counsel):
        yield "must say needs_counsel exactly if it lists something under counsel"
    if unknown := set(row.counsel) - (ROW_FIELDS - _COUNSEL_ITSELF):
        yield f"asks counsel about what it does not have: {', '.join(sorted(unknown))}"
    if not row.law:
        yield "names no law"
    if unknown := {one.field for one in row.checked} - ROW_FIELDS:
        yield f"says that it checked what it does not have: {', '.join(sorted(unknown))}"
    if doubted := {one.field for one in row.checked} & set(row.counsel):
        yield f"asks counsel about what it says was checked: {', '.join(sorted(doubted))}"
    stated = {name for name in CLAIMS if getattr(row, name) not in ((), None)}
    if unsure := stated - {one.field for one in row.checked} - set(row.counsel):
        yield f"neither checked nor asks counsel about: {', '.join(sorted(unsure))}"
    if row.begins == "file" and "valid_from" not in row.counsel:
        yield "begins with the file and does not ask counsel when it really did"


def _laws(row: Row) -> Iterator[str]:
    yield from row.law
    parts = (
        row.register, row.notice, row.publication, row.gag, row.authority_notice, row.emergency,
        *row.timers, *row.limits, *row.reports,
    )  # fmt: skip
    for part in parts:
        if part is not None and part.law:
            yield part.law


def _bad_durations(row: Row) -> Iterator[str]:
    written = [row.register.keep, row.publication.delay, *(limit.is_ for limit in row.limits)]
    written += [text for report in row.reports for text in (report.every, report.within)]
    written += [row.publication.band.per] if row.publication.band else []
    if notice := row.authority_notice:
        written += [t for t in (notice.within, notice.ongoing_after, notice.ongoing_after_listed) if t is not None]
    for text in [*written, *(timer.within for timer in row.timers)]:
        try:
            parse_duration(text)
        except Malformed:
            yield f"has a duration that is none: {text}"
            return
    if any(parse_duration(timer.within).exact_s in {None, 0} for timer in row.timers):
        yield "has a deadline that is not a number of days, hours or minutes"
    for names in ([timer.name for timer in row.timers], [limit.name for limit in row.limits]):
        if len(names) != len(set(names)):
            yield "has two durations of the same name"


def _overlap(first: Row, second: Row) -> bool:
    last = dt.date.max
    return first.valid_from <= (second.valid_to or last) and second.valid_from <= (first.valid_to or last)
