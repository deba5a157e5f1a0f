"""A session bus of a test's own: the real dbus-daemon, with the usual policy and nothing that it could start."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
"""The policy is that of the file `session.conf` which comes with D-Bus."""


@contextmanager
def session_bus(folder: Path, **more: str) -> Iterator[str]:
    """The address of a bus that runs until the block ends. It can start the programs of ``folder/services``."""
    services, config = folder / "services", folder / "bus.conf"
    services.mkdir(parents=True, exist_ok=True)
    config.write_text(CONFIG.format(socket=folder / "socket", services=services), "utf-8")
    command = ("dbus-daemon", f"--config-file={config}", "--nofork", "--nosyslog", "--print-address")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | more) as daemon:
        try:
            assert daemon.stdout is not None
            yield daemon.stdout.readline().strip()
        finally:
            daemon.terminate()
