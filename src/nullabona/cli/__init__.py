"""``nulla``: the command line, one face of `nullabona.client.api`, and the operator's ``nulla relay``."""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit."""
    from nullabona.cli.root import run

    run()
