"""How the tools of a build are run: with an environment that is the same everywhere, and silent unless they fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

UMASK: Final = 0o022
_KEPT: Final = re.compile(
    r"(PATH|HOME|USER|LOGNAME|TMPDIR|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS|(CARGO|RUSTUP)_HOME|RUSTUP_TOOLCHAIN"
    r"|CARGO_NET_OFFLINE|PIP_\w+|UV_\w+|NPM_CONFIG_\w+|(HTTPS?|NO|ALL)_PROXY)",
    re.IGNORECASE,
)
"""Where programs and packages are found. What could change what is built (CFLAGS, LANG and so on) does not get in."""


def environment(epoch: int, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a build whose timestamps are ``epoch``."""
    kept = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
    own = str(Path(sys.executable).parent)
    return {
        **kept,
        "PATH": f"{own}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SOURCE_DATE_EPOCH": str(epoch),
        **(more or {}),
    }


def run(command: Sequence[str | Path], cwd: Path, env: Mapping[str, str]) -> str:
    """What ``command`` prints. Raises `SystemExit` with everything it said if it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, env=dict(env), text=True, check=False, umask=UMASK,
        stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}\nfailed with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout
