"""``nulla relay serve`` with limits raised that are policy: a bench asks what the code can do.

Run: ``python -m bench.peers.relay_serve (DIR | --volatile)``. Prints its URL when it is ready.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from nullabona.directory.core.limits import Limits, Rate
from nullabona.directory.service import Options, open_directory
from nullabona.operating.directory import host_of, with_port
from nullabona.relay.config import Config, make_config
from nullabona.relay.run import run_relay
from nullabona.wire.service import Service

FREE = Rate(burst=1e9, per_s=1e9)
RAISED = {
    "box_frames_per_day": 8_000_000,
    "box_bytes_per_day": 2**40,
    "boxes_per_minute": 100_000,
    "bells_per_minute": 2**40,
}


def services(config: Config) -> Sequence[Service]:
    """The directory beside the relay, as the command has it, taking as many cards as come."""
    host = host_of(config, None)
    assert host is not None
    limits = Limits(changes=FREE, changes_per_handle=FREE, handles_counted=10**7)
    directory = open_directory(config.data, host, Options(limits=limits))
    directory.begin()
    return [directory]


def main() -> None:
    """Serve until stopped."""
    kept = {"volatile": True} if sys.argv[1] == "--volatile" else {"data": sys.argv[1]}
    config = with_port(make_config({**kept, "listen": ["127.0.0.1:0"], "limits": RAISED}))
    run_relay(config, lambda urls: print(urls[0], flush=True), services)


if __name__ == "__main__":
    main()
