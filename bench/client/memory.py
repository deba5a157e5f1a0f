"""The most memory that a process had, of its own: what ``getrusage`` says also counts what had started it."""

from __future__ import annotations

from pathlib import Path


def most_mib(process: int | None = None) -> float:
    """Of a running process, by default this one. Raises `OSError` or `ValueError` if there is no such process any more.

    ``ru_maxrss`` will not do: a process inherits it from its parent, so that a small one begins with the
    hundreds of MiB in which a bench has made a profile.
    """
    rows = Path(f"/proc/{process or 'self'}/status").read_text(encoding="ascii", errors="replace").splitlines()
    found = next((row for row in rows if row.startswith("VmHWM:")), None)
    if found is None:
        raise ValueError("the process is over")
    return int(found.split()[1]) / 1_024
