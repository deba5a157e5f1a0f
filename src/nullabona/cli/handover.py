"""Every command but `nulla update` runs in the version that the last update switched to (spec/release.md §6)."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path

from nullabona.cli.update.folder import updates_folder
from nullabona.errors import UserError
from nullabona.machine.failures import reason_of
from nullabona.updating.handover import successor


class DoesNotStart(UserError):
    """The version that an update installed does not start any more."""

    code = "update-does-not-start"
    default_hint = "`nulla update undo` goes back to the version before"


def hand_over() -> None:
    """Become the version that an update switched to, if that is another one. A clone's own program stays itself.

    Raises `DoesNotStart`.
    """
    try:
        folder = updates_folder()
    except RuntimeError:  # a server's user without a home folder has installed nothing
        return
    program = successor(folder, Path(sys.prefix), metadata.version("nullabona"))
    if program is not None and not _is_clone():
        try:
            os.execv(program, [str(program), *sys.argv[1:]])  # noqa: S606 - what `nulla update` installed and tried
        except OSError as error:
            # As after an upgrade of the system's Python. Running itself instead would be a silent way back.
            raise DoesNotStart(f"the version that was installed last does not start: {reason_of(error)}") from error


def _is_clone() -> bool:
    """Whether the program is run from its source: who does that wants to run that."""
    origin = metadata.distribution("nullabona").read_text("direct_url.json") or ""
    return '"editable": true' in origin or '"editable":true' in origin
