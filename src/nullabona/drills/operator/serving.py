"""Serves the real relay inside a program that its operator has changed, started like ``nulla relay serve``."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from nullabona.directory.service import open_directory
from nullabona.operating.beginning import begin_relay
from nullabona.operating.relay import OpenDirectory, serve_relay
from nullabona.processes.ports import free_port

Ready: TypeAlias = Callable[[list[str]], None]


def say_ready(urls: list[str]) -> None:
    """As ``nulla relay serve --json`` does."""
    sys.stdout.write(json.dumps({"ready": urls[0]}) + "\n")
    sys.stdout.flush()


def serve(command: list[str], ready: Ready = say_ready) -> None:
    """Serve until stopped. ``command``: ``relay serve`` with --data, --listen and --period; other words change nothing.

    ``ready`` is called on the relay's loop.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s: %(message)s")
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--listen", required=True)
    parser.add_argument("--period", type=int)
    chosen, _ = parser.parse_known_args(command)
    period = {} if chosen.period is None else {"period": chosen.period}
    serve_begun({"data": chosen.data, "listen": [chosen.listen], **period}, ready=ready)


def serve_begun(settings: dict[str, Any], opened: OpenDirectory = open_directory, ready: Ready = say_ready) -> None:
    """As `serve_relay`; a new relay's record is begun before, and its port is chosen, which handles may contain."""
    host, _, port = settings["listen"][0].rpartition(":")
    settings = settings | {"listen": [f"{host}:{free_port() if port == '0' else port}"]}
    if not (Path(settings.get("record") or Path(settings["data"]) / "record") / "log.db").exists():
        begin_relay(settings)
    serve_relay(settings, ready, opened)
