"""What a newcomer meets on the command line: a handle that is taken, one without its host, what is asked for twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Pair
from tests.cli.shell import nulla

pytestmark = pytest.mark.timeout(240)  # a process for every command


@pytest.mark.parametrize(("language", "said", "hint"), [
    ("en", "belongs to somebody else", "hint: choose another handle"),
    ("ko", "이미 다른 사람이 쓰는 아이디예요", "다른 아이디를 고르세요"),
])  # fmt: skip
def test_a_handle_that_is_taken_leaves_nothing(pair: Pair, tmp_path: Path, language: str, said: str, hint: str) -> None:
    """Nobody is told that it is theirs; what to do is said; no profile with an account that nobody reaches stays."""
    profile = tmp_path / "eve"
    refused = nulla("account", "create", pair.mina_handle, "--unprotected", "--lang", language, profile=profile)
    assert (3, True, True) == (refused.code, "[handle-taken]" in refused.err, hint in refused.err)
    assert said in refused.err
    assert "Created" not in refused.err
    assert "만들었어요" not in refused.err
    assert not profile.exists()


def test_a_profile_that_was_there_stays(pair: Pair, tmp_path: Path) -> None:
    """Only what the command itself made is removed; the same profile can try another handle."""
    profile, host = tmp_path / "eve", pair.mina_handle.partition("@")[2]
    offline = nulla("account", "create", pair.mina_handle, "--unprotected", "--no-wait", profile=profile)
    assert (0, True) == (offline.code, "Created" in offline.err)
    assert 3 == nulla("account", "create", pair.junho_handle, profile=profile).code
    assert profile.exists()
    assert (
        0
        == nulla(
            "account", "create", f"eve-{tmp_path.name[-6:]}".replace("_", "").lower() + f"@{host}", profile=profile
        ).code
    )


def test_of_somebody_at_the_own_relay_the_first_part_is_enough(pair: Pair) -> None:
    """And what comes next is said."""
    asked = nulla("contact", "add", pair.junho_name, profile=pair.mina)
    assert (0, pair.junho_handle) == (asked.code, asked.out.strip())
    assert "Once they accept it, you can talk after `nulla sync`." in asked.err


def test_an_export_in_the_clear_is_asked_for_twice(pair: Pair, tmp_path: Path) -> None:
    """A script has to say yes; the folder may be named by an option."""
    out = tmp_path / "out"
    refused = nulla("export", "--all", "--out", str(out), profile=pair.mina)
    assert (2, True, False) == (refused.code, "--yes" in refused.err, out.exists())
    done = nulla("export", "--all", "--out", str(out), "--yes", profile=pair.mina)
    assert (0, str(out)) == (done.code, done.out.strip())
    nowhere = nulla("export", "--all", "--yes", profile=pair.mina)
    assert (2, True) == (nowhere.code, "--out" in nowhere.err)


def test_a_list_of_rooms_says_what_its_numbers_count(pair: Pair) -> None:
    """People are not taken for unread messages, of which there are none for whoever wrote last."""
    assert 0 == nulla("send", pair.junho_name, "안녕", profile=pair.mina).code
    (row,) = nulla("room", "list", profile=pair.mina).out.splitlines()
    assert row.endswith("2 people")
    assert 0 == nulla("sync", profile=pair.junho).code
    (row,) = nulla("room", "list", profile=pair.junho).out.splitlines()
    assert row.endswith("2 people  1 unread")
