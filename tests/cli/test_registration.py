"""A relay that registers people with a token, or nobody: what its operator and a newcomer see."""

from __future__ import annotations

from pathlib import Path

import pytest

from nullabona.processes.servers import RelayProcess
from tests.cli.shell import nulla


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """The operator's key for tokens, away from the relay, and beside it the file that the relay gets."""
    made = nulla("log", "keygen", "relay.example/tokens", str(tmp_path / "token.key"), "--no-pq", profile=tmp_path)
    (tmp_path / "token.pub").write_text(made.out)
    return tmp_path / "token.key"


def test_a_person_with_a_token_registers(keys: Path, tmp_path: Path) -> None:
    """Without one they are told what they need and nothing stays; with one it goes as ever, once."""
    with RelayProcess(
        tmp_path / "relay", "--registration", "token", "--registration-keys", str(tmp_path / "token.pub")
    ) as relay:
        handle, profile = f"mina@{relay.authority}", tmp_path / "mina"
        bare = nulla("account", "create", handle, "--unprotected", profile=profile)
        assert (3, True, False) == (bare.code, "[token-needed]" in bare.err, profile.exists())
        text = nulla("relay", "token", str(keys), "--host", relay.authority, profile=tmp_path).out.strip()
        wrong = nulla("account", "create", handle, "--unprotected", "--token", text[:-1], profile=profile)
        assert (3, True, False) == (wrong.code, "[token-invalid]" in wrong.err, profile.exists())
        made = nulla("account", "create", handle, "--unprotected", "--token", text, "--json", profile=profile)
        assert (0, True) == (made.code, made.row["published"])
        again = nulla(
            "account", "create", f"jun@{relay.authority}", "--unprotected", "--token", text, profile=tmp_path / "jun"
        )
        assert (3, True) == (again.code, "[token-refused]" in again.err)


def test_nobody_registers_while_it_is_paused(tmp_path: Path) -> None:
    """The person who is there goes on; a newcomer is told."""
    data = tmp_path / "relay"
    with RelayProcess(data) as relay:
        authority = relay.authority
        assert 0 == nulla("account", "create", f"mina@{authority}", "--unprotected", profile=tmp_path / "mina").code
    with RelayProcess(data, "--registration", "paused", listen=authority):
        late = nulla("account", "create", f"jun@{authority}", "--unprotected", profile=tmp_path / "jun")
        assert (3, True) == (late.code, "[registration-paused]" in late.err)
        assert 0 == nulla("account", "publish", profile=tmp_path / "mina").code


def test_tokens_are_printed_one_a_line(keys: Path, tmp_path: Path) -> None:
    """No two are alike, and a number of days that no directory takes is refused."""
    made = nulla("relay", "token", str(keys), "--host", "relay.example", "--count", "3", profile=tmp_path)
    assert (0, 3) == (made.code, len(set(made.out.split())))
    assert all(text.startswith("nbt1-") for text in made.out.split())
    over = nulla("relay", "token", str(keys), "--host", "relay.example", "--days", "366", profile=tmp_path)
    assert over.code == 2


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_bare_name_is_refused_at_a_relay_with_a_name(tmp_path: Path, language: str) -> None:
    """Such a relay has no directory, which would be waited for without end. Nobody is asked."""
    url, profile = "https://relay.example/n/seoul-3", tmp_path / "mina"
    refused = nulla("account", "create", "mina", "--relay", url, "--unprotected", "--lang", language, profile=profile)
    assert (1, True) == (refused.code, "NAME@SERVER" in refused.err), refused.err
    said = ("이름이 있는 서버", "서버까지 적어") if language == "ko" else ("has no handles", "that has handles")
    assert all(each in refused.err for each in said), refused.err
