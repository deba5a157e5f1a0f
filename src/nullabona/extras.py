"""The optional parts of the package: which libraries each extra brings, and the error when one is not installed.

The base is the client and the app. Pictures, servers, the legal desk and the window are extras of pyproject.toml,
whose requirements and this table are compared by tests/repo/test_extras.py. People who talk install ``pictures``, too.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from nullabona.errors import UserError

EXTRAS: Final = {
    "pictures": ("PIL",),
    "relay": ("uvloop",),
    "s3": ("obstore",),
    "engine": ("hiredis",),
    "docket": ("jinja2", "pyhanko", "pylopdf_fonts_ko", "typst", "webauthn"),
    "postgres": ("psycopg",),
    "window": ("webview",),
}
"""The modules that each extra brings and nothing else does."""


class ExtraMissing(UserError):
    """The command needs an extra of nullabona that is not installed."""

    code = "extra-missing"

    def __init__(self, extra: str) -> None:
        super().__init__(
            f"this needs the extra {extra!r}, which is not installed", hint=f"pip install 'nullabona[{extra}]'"
        )


def installed(extra: str) -> bool:
    """Whether every module of ``extra`` is here."""
    return all(find_spec(name) is not None for name in EXTRAS[extra])


def require(extra: str) -> None:
    """Raises `ExtraMissing` unless ``extra`` is installed."""
    if not installed(extra):
        raise ExtraMissing(extra)


def missing(error: BaseException) -> ExtraMissing | None:
    """What to say of ``error`` if it is a failed import of a module that an extra brings."""
    top = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    return next((ExtraMissing(extra) for extra, names in EXTRAS.items() if top in names), None)
