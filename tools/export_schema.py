"""docs/export.schema.json from the documents that an export writes: what other programs can rely on."""

from __future__ import annotations

import msgspec

from nullabona.client.api.exporting.documents import ExportDocument, RoomDocument

PATH = "docs/export.schema.json"


def page() -> str:
    """The whole schema: of ``export.json`` and of each ``room.json``."""
    documents, parts = msgspec.json.schema_components((ExportDocument, RoomDocument), ref_template="#/$defs/{name}")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An export of nullabona: export.json (ExportDocument) and room.json (RoomDocument)",
        "anyOf": list(documents),
        "$defs": dict(sorted(parts.items())),
    }
    return msgspec.json.format(msgspec.json.encode(schema)).decode() + "\n"
