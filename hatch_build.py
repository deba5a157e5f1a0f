"""The wheel's build hook: the page is built and packed into it, with a bill of materials (PEP 770).

An editable install uses `make ui` instead. ``NULLABONA_PAGE=none`` leaves both out: the relay's image has no use for
the page, no Node to build it with, and none of the lock files that the bill is made from.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BILL = ".cache/dist/nullabona.cdx.json"


class PageHook(BuildHookInterface[Any]):
    """Runs ``ui/build.py``."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before anything is packed."""
        if version != "editable" and os.environ.get("NULLABONA_PAGE") != "none":
            runpy.run_path(str(Path(self.root) / "ui" / "build.py"), run_name="__main__")
            build_data["artifacts"].append("src/nullabona/app/page/**")
            sbom = runpy.run_path(str(Path(self.root) / "tools/dist/sbom.py"))
            made = sbom["of_messenger"](Path(self.root), sbom["epoch_of_build"]())
            build_data["sbom_files"].append(str(sbom["write"](made, Path(self.root) / BILL).relative_to(self.root)))
