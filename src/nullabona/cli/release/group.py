"""``nulla release``: draft a statement, sign it, enter it into the release log; list releases and check files."""

from __future__ import annotations

import click

from nullabona.cli.help import group
from nullabona.cli.release.drafting import draft, draft_keys, draft_rebuilt, draft_revoke
from nullabona.cli.release.log_keys import draft as draft_log_keys
from nullabona.cli.release.log_keys import install as install_log_keys
from nullabona.cli.release.publishing import enter, sign
from nullabona.cli.release.showing import check, list_command


@group()
def release() -> None:
    """The public log of releases: publish a version, say what you rebuilt, check what you were given.

    A statement (`draft…`) is a file that each holder of a release key signs on a machine of their own (`sign`). The
    log's operator enters it with enough signatures (`enter`). WHERE is the log's URL, or a folder with a copy of it.
    """


_COMMANDS: tuple[click.Command, ...] = (
    draft, draft_keys, draft_revoke, draft_rebuilt, sign, enter, draft_log_keys, install_log_keys, list_command, check
)  # fmt: skip
for _command in _COMMANDS:
    release.add_command(_command)
