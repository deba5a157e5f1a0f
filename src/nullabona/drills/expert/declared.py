"""What a process leaves outside its data directory that no declaration of the product's explains: lines, and files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from nullabona.wire.telemetry import LAST_LINES, LOG_LINES, LogLine


def undeclared_lines(text: str) -> list[str]:
    """Lines of a process's log that no declaration explains, each as often as it is there."""
    patterns = [re.compile(_line_pattern(line)) for line in (*LOG_LINES, *LAST_LINES)]
    return [line for line in text.splitlines() if line and not any(each.fullmatch(line) for each in patterns)]


def strays_beside(logs: Iterable[Path], folders: Iterable[Path]) -> Iterator[str]:
    """What is too much in a process's logs, and in folders where it should leave nothing. Never what a line says."""
    for log in logs:
        if lines := undeclared_lines(log.read_text("utf-8", "replace")):
            yield f"{log.name}: {len(lines)} lines"
    for folder in folders:
        yield from (f"{folder.name}/{path.relative_to(folder)}" for path in sorted(folder.rglob("*")))


def _line_pattern(line: LogLine) -> str:
    """``%d`` is a number; a ``%s`` is short and of letters, digits and a few signs: nothing that was sent fits."""
    text = re.escape(f"{line.logger}: {line.text}")
    return text.replace("%d", r"\d+").replace("%s", r"[\w .,:;/+\[\]()'-]{1,400}")
