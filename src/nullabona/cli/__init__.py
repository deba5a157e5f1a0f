"""``nulla``: the command line, one face of `nullabona.client.api`, and the operator's ``nulla relay``."""

from nullabona.cli.root import nulla as main

__all__ = ["main"]
