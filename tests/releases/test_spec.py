"""spec/release.md: its example is a statement, and its limits and codes are the program's."""

from __future__ import annotations

import re
from pathlib import Path

from nullabona.errors import NullabonaError
from nullabona.releases import choice, drafting, ledger, statement
from nullabona.releases.statement import MAX_ENTRY, MOST_FILES, Release, read_statement, signed_text
from nullabona.updating import environments, files, following, memory, versions

PAGE = (Path(__file__).parents[2] / "spec/release.md").read_text(encoding="utf-8")
EXAMPLE, SIGNED = re.findall(r"```text\n(.*?)```", PAGE, flags=re.DOTALL)[:2]


def test_the_example_is_a_release_and_what_its_keys_sign() -> None:
    """Without the breaks that the page needs."""
    read = read_statement(EXAMPLE.partition("\n\n")[0].replace("\n", "").encode())
    assert isinstance(read, Release)
    assert SIGNED.encode() == signed_text(read)


def test_every_refusal_is_on_the_page() -> None:
    """With its code."""
    kinds = {
        kind.code
        for module in (choice, drafting, environments, files, following, ledger, memory, statement, versions)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, NullabonaError) and kind.code.startswith(("release-", "update-"))
    }
    assert len(kinds) > 16
    assert [] == [code for code in kinds if f"| `{code}` |" not in PAGE and f"(`{code}`)" not in PAGE]


def test_the_limits_are_the_programs() -> None:
    """As numbers in the text."""
    assert (f"at most {MAX_ENTRY:,} bytes" in PAGE, f"1 to {MOST_FILES} of `name`" in PAGE) == (True, True)
