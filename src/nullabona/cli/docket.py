"""``nulla docket``: the legal desk, its packages and its public record."""

from __future__ import annotations

import click

from nullabona.cli.docket_package import package
from nullabona.cli.docket_site import publish


@click.group()
def docket() -> None:
    """For operators' legal desks, and for whoever checks what they hand over and publish."""


docket.add_command(package)
docket.add_command(publish)
