"""Every fuzz target in turn, ``FUZZ_SECONDS`` (default 60) each: ``python -m fuzz``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def main() -> None:
    """Run every target of this folder; fail if one failed."""
    folder = Path(__file__).parent
    seconds = os.environ.get("FUZZ_SECONDS", "60")
    failed = []
    for name in sorted(page.stem for page in folder.glob("*.py") if not page.stem.startswith("_")):
        print(f"== {name}", flush=True)
        command = [sys.executable, "-m", f"fuzz.{name}", "--seconds", seconds]
        if subprocess.run(command, cwd=folder.parent, check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
