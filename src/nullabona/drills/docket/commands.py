"""The commands that anybody may run on a public record, as anybody runs them: each a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from nullabona.drills.reporting.report import DrillFailed
from nullabona.processes.program import nulla, run

_ABOUT: Final = ("--name", "Demo Messenger", "--name-ko", "시연 메신저", "--contact", "desk@desk.example")


def write_pages(public: Path, policy: Path, site: Path, *more: str) -> int:
    """``nulla docket record`` and ``publish``: the pages of a log, in ``site``; how many. Raises `DrillFailed`.

    ``more``: further options of ``record``.
    """
    record = site.with_name(f"{site.name}.json")
    drawn_up = run(nulla("docket", "record", str(public), "--policy", str(policy), *_ABOUT, *more))
    record.write_text(drawn_up.out, "utf-8")
    if drawn_up.code or run(nulla("docket", "publish", str(record), str(site))).code:
        raise DrillFailed("the public pages could not be written")
    return len(list(site.glob("**/*.html")))


def verify_public(public: Path, policy: Path, *more: str) -> dict[str, Any]:
    """What ``nulla docket verify`` says; its exit code is under ``exit``."""
    done = run(nulla("docket", "verify", str(public), "--policy", str(policy), "--json", *more))
    try:
        found: dict[str, Any] = json.loads(done.out)
    except ValueError:
        raise DrillFailed("nulla docket verify said nothing") from None
    return found | {"exit": done.code}
