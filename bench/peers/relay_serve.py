"""``nulla relay serve`` with limits raised that are policy: a bench asks what the code can do.

Run: ``python -m bench.peers.relay_serve (DIR | --volatile | --engine SETTINGS)``; these are JSON. Prints its URL
when it is ready.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from nullabona.directory.core.limits import Limits, Rate
from nullabona.directory.service import DirectoryService, Options, open_directory
from nullabona.operating.beginning import begin_relay
from nullabona.operating.relay import serve_relay
from nullabona.processes.ports import free_port

FREE = Rate(burst=1e9, per_s=1e9)
RAISED = {
    "box_frames_per_day": 8_000_000,
    "box_bytes_per_day": 2**40,
    "boxes_per_minute": 100_000,
    "wakes_per_minute": 2**40,
}


def opened(data: Path | None, host: str, options: Options) -> DirectoryService:
    """The directory beside the relay, as the command has it, taking as many cards as come."""
    limits = Limits(changes=FREE, changes_per_handle=FREE, handles_counted=10**7)
    return open_directory(data, host, replace(options, limits=limits))


def main() -> None:
    """Serve until stopped."""
    kept = {"data": sys.argv[1]} if not sys.argv[1].startswith("--") else {"volatile": True}
    if sys.argv[1] == "--engine":
        kept |= json.loads(sys.argv[2])
    settings: dict[str, Any] = {**kept, "listen": [f"127.0.0.1:{free_port()}"], "limits": RAISED}
    if "data" in kept and not (Path(sys.argv[1]) / "record").exists():
        begin_relay(settings)
    serve_relay(settings, lambda urls: print(urls[0], flush=True), opened)


if __name__ == "__main__":
    main()
