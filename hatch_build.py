"""The wheel's build hook: the page is built and packed into it. An editable install uses `make ui` instead.

``NULLABONA_PAGE=none`` leaves the page out: the relay's image has no use for it, and no Node to build it with.
"""

from __future__ import annotations

import os
import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface[Any]):
    """Runs ``ui/build.py``."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before anything is packed."""
        if version != "editable" and os.environ.get("NULLABONA_PAGE") != "none":
            runpy.run_path(str(Path(self.root) / "ui" / "build.py"), run_name="__main__")
            build_data["artifacts"].append("src/nullabona/app/page/**")
