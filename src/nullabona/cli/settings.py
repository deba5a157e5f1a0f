"""What every command is given: the profile, how it is unlocked, the language, and who reads along."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from nullabona.errors import UserError
from nullabona.words.catalogue import LANGUAGES, Language

F = TypeVar("F", bound=Callable[..., Any])
_ROOT: Final = "nulla.settings"
COMMON: Final = "common_"
"""How the names of the common options begin within click."""
USUAL_S: Final = 30.0


class PassphraseNeeded(UserError):
    """A passphrase is needed, but there is no terminal to ask and no file was named."""

    code = "passphrase-needed"
    default_hint = "use --passphrase-file FILE or NULLA_PASSPHRASE_FILE, or run it in a terminal"


class PassphraseUnreadable(UserError):
    """The file with the passphrase cannot be read."""

    code = "passphrase-unreadable"
    default_hint = "name a file whose first line is the passphrase"


@dataclass(slots=True)
class Settings:
    """Filled by the common options, which may stand before or after the command."""

    profile: Path | None = None
    as_json: bool = False
    language: Language = field(default_factory=lambda: language_of(os.environ))
    passphrase_file: Path | None = None
    ca_file: Path | None = None
    proxy: str | None = None
    fast: bool = False

    @property
    def interactive(self) -> bool:
        """Whether there is a person at the other end."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def patience(self, named_s: float | None, usual_s: float = USUAL_S) -> float:
        """The longest wait for relays: what was named, or what is usual."""
        return usual_s if named_s is None else named_s

    def read_passphrase_file(self) -> str | None:
        """The first line of the named file, or None if none was named."""
        if self.passphrase_file is None:
            return None
        try:
            return self.passphrase_file.read_text("utf-8").split("\n", 1)[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise PassphraseUnreadable("the passphrase file cannot be read") from error


def language_of(environment: Mapping[str, str]) -> Language:
    """The language of a person's environment."""
    locale = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "ko" if locale.lower().startswith("ko") else "en"


def language_in(arguments: Sequence[str]) -> Language:
    """The language of a command line: what a ``--lang`` anywhere in it says, or that of the environment."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    named = [value for flag, value in pairwise(options) if flag == "--lang"]
    named += [word.removeprefix("--lang=") for word in options if word.startswith("--lang=")]
    return next((language for language in LANGUAGES if language in named[-1:]), language_of(os.environ))


def settings_of(context: click.Context) -> Settings:
    """The one `Settings` of this run."""
    found = context.find_root().meta.setdefault(_ROOT, Settings())
    assert isinstance(found, Settings)
    return found


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(context: click.Context, _: click.Parameter, value: Any) -> None:  # noqa: ANN401 - as click gives it
        if value not in (None, False):
            setattr(settings_of(context), name, value)

    return keep


_PATH: Final = click.Path(path_type=Path)
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "profile": {"type": _PATH, "metavar": "DIR", "envvar": "NULLA_PROFILE", "help": "The folder of your account."},
    "json": {"is_flag": True, "help": "One JSON object per line, for programs."},
    "lang": {"type": click.Choice(LANGUAGES), "help": "Language of sentences and help (default: that of LANG)."},
    "passphrase-file": {
        "type": _PATH,
        "metavar": "FILE",
        "envvar": "NULLA_PASSPHRASE_FILE",
        "help": "The first line of FILE is the profile's passphrase.",
    },
    "ca-file": {
        "type": _PATH,
        "metavar": "FILE",
        "envvar": "NULLA_CA_FILE",
        "help": "Certificates to trust beside the system's, PEM.",
    },
    "proxy": {"metavar": "URL", "envvar": "NULLA_PROXY", "help": "SOCKS5 proxy; for Tor socks5://127.0.0.1:9050."},
    "fast": {
        "is_flag": True,
        "envvar": "NULLA_FAST",
        "help": "Read all rooms over one connection, for slow networks. An observer sees that they are one device's.",
    },
}
_NAMES: Final = {"json": "as_json", "lang": "language"}


def _options(*flags: str) -> Callable[[F], F]:
    def give(command: F) -> F:
        for flag in reversed(flags):
            name = _NAMES.get(flag, flag.replace("-", "_"))
            keep = click.option(f"--{flag}", COMMON + name, expose_value=False, callback=_keep(name), **_OPTIONS[flag])
            command = keep(command)
        return command

    return give


spoken: Final = _options("json", "lang")
"""For a command that answers, and uses neither the network nor a profile."""
connected: Final = _options("json", "lang", "ca-file", "proxy")
"""For a command that uses the network."""
at_home: Final = _options("profile", "json", "lang", "passphrase-file")
"""For a command that opens the profile and stays offline."""
as_person: Final = _options(*_OPTIONS)
"""For a command that opens the profile and connects as its person."""
