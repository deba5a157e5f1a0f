"""Why a file cannot be imported."""

from __future__ import annotations

from nullabona.errors import UserError


class NotAnExport(UserError):
    """The file is not a known export."""

    code = "not-an-export"
    default_hint = (
        "choose a file that KakaoTalk, Telegram Desktop or WhatsApp exported: .txt, .csv, .zip or result.json"
    )


class ExportUnreadable(UserError):
    """The file cannot be read, or is damaged."""

    code = "export-unreadable"
    default_hint = "export the chat again"


class ExportUnsafe(UserError):
    """An archive lies about its size or its file names. Nothing was unpacked."""

    code = "export-unsafe"
    default_hint = "export the chat again, and import what the messenger itself wrote"
