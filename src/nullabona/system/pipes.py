"""In which encoding a program talks with other programs."""

from __future__ import annotations

import io
import sys


def use_utf8() -> None:
    """Standard input and output are UTF-8 where they are no terminal; Windows would take a page of 256 characters.

    A terminal of Windows gets every character anyway. Everywhere else the person's locale decides.
    """
    if sys.platform == "win32":
        for stream in (sys.stdin, sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
                stream.reconfigure(encoding="utf-8")
