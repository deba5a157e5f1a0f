"""Serves the real relay inside a program that its operator has changed, started like ``nulla relay serve``."""

from __future__ import annotations

import argparse
import json
import logging
import sys

from nullabona.operating.relay import serve_relay


def say_ready(urls: list[str]) -> None:
    """As ``nulla relay serve --json`` does."""
    sys.stdout.write(json.dumps({"ready": urls[0]}) + "\n")
    sys.stdout.flush()


def serve(command: list[str]) -> None:
    """Serve until stopped. ``command``: ``relay serve`` with --data and --listen; its other words change nothing."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s: %(message)s")
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True)
    parser.add_argument("--listen", required=True)
    chosen, _ = parser.parse_known_args(command)
    serve_relay({"data": chosen.data, "listen": [chosen.listen]}, say_ready)
