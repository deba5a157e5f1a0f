"""The commands that anybody may run on a public record, as anybody runs them: each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from nullabona.drills.played import NULLA, StageFailed

_ABOUT: Final = ("--name", "Demo Messenger", "--name-ko", "시연 메신저", "--contact", "desk@desk.example")


def write_pages(public: Path, policy: Path, site: Path, *more: str) -> int:
    """``nulla docket record`` and ``publish``: the pages of a log, in ``site``; how many. Raises `StageFailed`.

    ``more``: further options of ``record``.
    """
    record = site.with_name(f"{site.name}.json")
    code, drawn_up = _nulla("record", str(public), "--policy", str(policy), *_ABOUT, *more)
    record.write_bytes(drawn_up)
    if code or _nulla("publish", str(record), str(site))[0]:
        raise StageFailed("the public pages could not be written")
    return len(list(site.glob("**/*.html")))


def verify_public(public: Path, policy: Path, *more: str) -> dict[str, Any]:
    """What ``nulla docket verify`` says; its exit code stands under ``exit``."""
    code, said = _nulla("verify", str(public), "--policy", str(policy), "--json", *more)
    try:
        found: dict[str, Any] = json.loads(said)
    except ValueError:
        raise StageFailed("nulla docket verify said nothing") from None
    return found | {"exit": code}


def _nulla(*command: str) -> tuple[int, bytes]:
    """Its exit code and what it printed."""
    done = subprocess.run([sys.executable, *NULLA, "docket", *command], capture_output=True, check=False)  # noqa: S603
    return done.returncode, done.stdout
