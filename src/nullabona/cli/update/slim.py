"""Makes an installation as small as it can be: ``python -I -m nullabona.cli.update.slim``, run once by what installs.

It removes what nothing of ours uses, and has Python compile the modules of the messenger and no others: pip would
compile all, also those of servers and of the legal desk, which take as much of the disk as the program itself.
"""

from __future__ import annotations

import sysconfig
from importlib import import_module
from pathlib import Path
from typing import Final

from nullabona.cli.root import COMMANDS, SECTIONS
from nullabona.updating.unused import remove_unused

_LOADED_LATER: Final = ("nullabona.app.run", "nullabona.client.media.worker", "nullabona.updating.home")
"""What commands import only when they run."""


def main() -> None:
    """Of the environment that runs this. Raises `ImportError` if a module of the messenger does not load."""
    remove_unused(Path(sysconfig.get_path("purelib")))
    for name in SECTIONS["for-people"]:
        import_module(COMMANDS[name].partition(":")[0])
    for name in _LOADED_LATER:
        import_module(name)


if __name__ == "__main__":
    main()
