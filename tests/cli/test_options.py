"""Which options a command offers: each offers what it uses, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import click

from nullabona.cli import main

SPOKEN = {"common_as_json", "common_language"}
NETWORK = {"common_ca_file", "common_proxy", "common_fast"}
PROFILE = {"common_profile", "common_passphrase_file"}
LOCAL = (
    "docket package verify", "docket package key", "docket publish", "log check", "log keygen", "record verify",
    "relay limits", "witness limits",
)  # fmt: skip
OFFLINE = (
    "account show",
    "account phrase",
    "contact list",
    "room members",
    "search",
    "export",
    "backup make",
    "import",
)


def leaves(group: click.Command, context: click.Context, words: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every command with its options."""
    if not isinstance(group, click.Group):
        yield words, {str(option.name) for option in group.params if isinstance(option, click.Option)}
        return
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from leaves(command, click.Context(command, parent=context), f"{words} {name}".strip())


FOUND = dict(leaves(main, click.Context(main)))


def test_every_command_answers_in_json_and_in_both_languages() -> None:
    """``--json`` and ``--lang`` may follow any command."""
    assert [] == [words for words, options in FOUND.items() if not options >= SPOKEN]


def test_a_command_that_stays_offline_offers_no_proxy() -> None:
    """Else a person could believe that it connects."""
    assert [] == [words for words in (*LOCAL, *OFFLINE) if FOUND[words] & NETWORK]
    assert [] == [words for words in LOCAL if FOUND[words] & PROFILE]
    assert [] == [words for words in OFFLINE if not FOUND[words] >= PROFILE]


def test_a_command_that_connects_as_a_person_offers_all() -> None:
    """And one of an operator or auditor knows no profile."""
    assert FOUND["sync"] >= SPOKEN | NETWORK | PROFILE
    assert {"common_ca_file", "common_proxy"} == FOUND["docket verify"] & (NETWORK | PROFILE)
