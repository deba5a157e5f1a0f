"""What the commands of ``nulla relay`` share: one reading of configuration and flags, one way to refuse."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from nullabona.cli.exits import STAY_STOPPED, show
from nullabona.cli.settings import Settings
from nullabona.errors import NullabonaError
from nullabona.operating.directory import FILES
from nullabona.relay.config import read_file
from nullabona.relay.store.interface import StoreGone

_GONE: Final = 3


@contextmanager
def refusals(settings: Settings) -> Iterator[None]:
    """Say what a service refuses, and exit: 3 if its data is gone while it ran, 6 if it must stay stopped, else 1."""
    try:
        yield
    except NullabonaError as error:
        code = show(error, as_json=False, language=settings.language)
        sys.exit(_GONE if isinstance(error, StoreGone) else code if code == STAY_STOPPED else 1)


def settings_from(config: Path | None, flags: dict[str, Any]) -> dict[str, Any]:
    """What `serve_relay` is told: the file's settings, and above them the flags. Raises `BadConfig`."""
    settings = {} if config is None else read_file(config, FILES)
    given = {name: value for name, value in flags.items() if value}
    if "data" in given:
        settings.pop("volatile", None)
    if "volatile" in given:
        settings.pop("data", None) if "data" not in given else None
    settings |= {name: str(value) if isinstance(value, Path) else value for name, value in given.items()}
    return settings
