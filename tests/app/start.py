"""``nulla`` as tests start it: the real command with the real app; only the protocol's pauses are shorter."""

from __future__ import annotations

from dataclasses import replace

from nullabona.cli import main
from nullabona.cli.person import running
from nullabona.cli.person.running import client_options
from nullabona.cli.settings import Settings
from nullabona.client.api import Options
from tests.api.people import QUICK


def _quick(settings: Settings) -> Options:
    return replace(client_options(settings), policy=QUICK.policy, timing=QUICK.timing)


if __name__ == "__main__":
    running.client_options = _quick  # type: ignore[assignment]
    main()
