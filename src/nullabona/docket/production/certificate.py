"""``certificate.pdf``: the package for a court, in Korean and English, typeset by Typst from the manifest alone.

The same manifest gives the same bytes. Fonts are embedded so that Hangul looks the same everywhere
(docs/decisions/0013).
"""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final, Literal

import typst
from pylopdf_fonts_ko import sans_path

from nullabona.docket.production import words
from nullabona.docket.production.glyphs import shown
from nullabona.docket.production.manifest import Field, ListedFile, Manifest, encode_manifest, listed
from nullabona.docket.production.statement import about_removal, day, moment, nothing_of, reason_of
from nullabona.errors import Bug
from nullabona.words.catalogue import Bilingual
from nullabona.words.demands import DATA_CLASS, FIELD

CERTIFICATE: Final = "data/certificate.pdf"
MANIFEST: Final = "data/manifest.json"
_LONG: Final = 60
"""A value longer than this is hexadecimal and is typeset as such."""


def make_certificate(manifest: Manifest) -> bytes:
    """The unsigned PDF. Raises `Bug` if the typesetter fails."""
    try:
        made = typst.compile(
            _template(),
            font_paths=_fonts(),
            format="pdf",
            sys_inputs={"data": json.dumps(_showable(_told(manifest)), ensure_ascii=False)},
            pdf_standards="a-2b",
            timestamp=manifest.decided_s,
        )
    except Exception as error:
        raise Bug("the certificate could not be typeset") from error
    if not isinstance(made, bytes):
        raise Bug("the certificate could not be typeset")
    return made


def kind_of(manifest: Manifest) -> Literal["production", "no_data", "refusal", "removal"]:
    """The kind of certificate, which determines its title."""
    if manifest.produces:
        return "production"
    if any(answer.answer == "refused" for answer in manifest.answers):
        return "refusal"
    return "removal" if about_removal(manifest.answers) else "no_data"


@cache
def _fonts() -> typst.Fonts:
    """Only the embedded fonts, none of the system's, so that the result is the same on every machine."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(sans_path().parent)])


@cache
def _template() -> bytes:
    return (files("nullabona.docket.production") / "certificate.typ").read_bytes()


def _told(manifest: Manifest) -> dict[str, Any]:
    """The input of the template."""
    encoded = encode_manifest(manifest)
    decided = day(manifest.decided_s // 86_400)
    nothing = nothing_of(manifest.answers)
    return {
        "title": _pair(words.CERTIFICATE_TITLE[kind_of(manifest)]),
        "date": [int(part) for part in decided.split("-")],
        "decided": moment(manifest.decided_s),
        "operator": manifest.operator.name,
        "host": manifest.operator.host,
        "docket_no": manifest.docket_no,
        "manifest_sha256": sha256(encoded).hexdigest(),
        "words": {name: _pair(label) for name, label in words.CERTIFICATE.items()},
        "nothing": _pair(nothing) if nothing is not None else None,
        "custodian": [
            {"label": _pair(words.CERTIFICATE[name]), "value": value}
            for name, value in (
                ("custodian_name", manifest.operator.custodian_name),
                ("custodian_title", manifest.operator.custodian_title),
            )
            if value
        ],
        "executed": [_pair(words.CERTIFICATE[name]) for name in ("executed", "by_signature")],
        "sworn": _pair(words.SWORN[manifest.instrument.partition(".")[0]]),
        "grounds": manifest.grounds,
        "facts": _facts(manifest),
        "answers": [
            {
                "asked": _pair(DATA_CLASS[answer.data_class]),
                "answer": _pair(reason_of(answer)),
                "kind": answer.answer,
            }
            for answer in manifest.answers
        ],
        "values": [_value(field) for field in manifest.fields],
        "files": [_file(one) for one in (listed(MANIFEST, encoded), *manifest.files)],
        "statements": [
            [_pair(words.CERTIFICATE["system"]), _pair(words.SYSTEM)],
            [_pair(words.CERTIFICATE["declaration"]), _pair(words.DECLARATION)],
            [_pair(words.CERTIFICATE["verify"]), _pair(words.HOW)],
            [_pair(words.CERTIFICATE["signature"]), _pair(words.SIGNED)],
        ],
    }


def _showable(value: Any) -> Any:  # noqa: ANN401 - JSON
    """``value`` with every text in characters that the fonts have."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {name: _showable(item) for name, item in value.items()}
    return [_showable(item) for item in value] if isinstance(value, list) else value


def _facts(manifest: Manifest) -> list[dict[str, Any]]:
    period = [day(number) for number in (manifest.from_day, manifest.to_day) if number is not None]
    facts: list[tuple[str, str]] = [
        ("authority", _authority(manifest)),
        ("authority_ref", manifest.authority_ref),
        ("instrument", f"{manifest.instrument_label.ko} / {manifest.instrument_label.en}  ({manifest.instrument})"),
        ("legal_basis", manifest.legal_basis),
        ("issued", day(manifest.issued_day)),
        ("received", moment(manifest.received_s)),
        ("decided", moment(manifest.decided_s)),
        *([("period", f"{' – '.join(period)} (UTC)")] if period else []),
        *(("targets", _target(target.identifier.text, found=target.found)) for target in manifest.targets),
        ("document", manifest.document_sha256),
        ("package_id", manifest.package_id),
    ]
    hashes = {"document", "package_id"}
    return [{"label": _pair(words.CERTIFICATE[name]), "value": value, "mono": name in hashes} for name, value in facts]


def _authority(manifest: Manifest) -> str:
    """The authority's name and id in the registry."""
    name = manifest.authority_name
    return f"{name}  ({manifest.authority})" if isinstance(name, str) else manifest.authority


def _target(text: str, *, found: bool) -> str:
    word = words.CERTIFICATE["found" if found else "not_found"]
    return f"{text}  ({word.ko} / {word.en})"


def _value(field: Field) -> dict[str, Any]:
    value = f"{day(int(field.value))} (UTC)" if field.field.endswith("_day") else str(field.value)
    told = {"field": _pair(FIELD[field.field]), "source": field.source}
    if len(value) <= _LONG:
        return {**told, "value": value, "mono": False, "note": ""}
    data, size = _bytes_of(value), words.CERTIFICATE["in_file"]
    note = f"{len(data):,} {size.ko} / {len(data):,} {size.en}"
    return {**told, "value": sha256(data).hexdigest(), "mono": True, "note": note}


def _bytes_of(value: str) -> bytes:
    """The bytes of a long value: decoded from hexadecimal, else those of the text."""
    try:
        return bytes.fromhex(value)
    except ValueError:
        return value.encode()


def _file(one: ListedFile) -> dict[str, Any]:
    return {"path": one.path, "bytes": one.bytes, "sha256": one.sha256}


def _pair(label: Bilingual) -> dict[str, str]:
    return {"ko": label.ko, "en": label.en}
