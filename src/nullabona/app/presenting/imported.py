"""Lines of other messengers as a page shows them: what they stand for, and what may be done with them."""

from __future__ import annotations

from typing import cast

from nullabona.app.presenting.text import one_line
from nullabona.app.protocol import views as v
from nullabona.client.api.import_records import MissingInfo
from nullabona.client.api.records import MessageInfo


def missing_of(info: MessageInfo) -> MissingInfo | None:
    """What a line stands for that is not here; None for every other line."""
    return info.imported.missing if info.imported is not None else None


def to_missing(missing: MissingInfo) -> v.Missing:
    """The same for the page."""
    return v.Missing(cast(v.MissingKind, missing.what), one_line(missing.name), missing.count)


def may_imported(info: MessageInfo) -> list[v.May]:
    """A message that exists only on this device cannot be answered, changed for others or forwarded by reference."""
    missing = missing_of(info)
    may: list[v.May] = ["copy"] if (info.text if missing is None else missing.caption) else []
    if info.attachment is not None and info.attachment.state == "here":
        may.append("save")
    return [*may, "delete-me"]
