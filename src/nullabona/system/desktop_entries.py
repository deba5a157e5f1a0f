"""Desktop entries: files that tell a Linux desktop what to start (freedesktop.org's Desktop Entry Specification)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_RESERVED: Final = str.maketrans({char: f"\\{char}" for char in '"`$\\'})


def xdg_folder(environment: Mapping[str, str], variable: str, usual: Path) -> Path:
    """A folder of the XDG Base Directory specification, which ignores relative ones."""
    wanted = Path(environment.get(variable, ""))
    return wanted if wanted.is_absolute() else usual


def exec_value(command: Sequence[str]) -> str:
    """A command as the value of ``Exec``, without field codes. Raises `ValueError` for what has no form there."""
    return entry_value(" ".join(map(_quoted, command)))


def entry_value(text: str) -> str:
    """A string of a desktop entry. Raises `ValueError` for what has no form there."""
    if any(ord(char) < ord(" ") for char in text):
        raise ValueError("a desktop entry cannot name a control character")
    return text.replace("\\", "\\\\")


def replace_text(path: Path, text: str) -> None:
    """The file as a whole, or as it was. Raises `OSError`."""
    draft = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def _quoted(argument: str) -> str:
    """An argument of ``Exec``: always in quotes, and no field code."""
    return f'"{argument.translate(_RESERVED)}"'.replace("%", "%%")
