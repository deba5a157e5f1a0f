"""Files with private keys: one form, private, never shown, never overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.log.keys import Kind, new_signer
from nullabona.machine.keyfile import (
    KeyFileUnusable,
    encode_private_key,
    parse_private_key,
    read_key_file,
    write_key_file,
)

SEED = bytes(range(32))
LINE = encode_private_key(Kind.ED25519, "log.example/a", SEED)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_key_comes_back(tmp_path: Path, kind: Kind) -> None:
    """What was written is what is read, and the file is its owner's alone."""
    path = tmp_path / "key"
    write_key_file(path, [encode_private_key(kind, "log.example/a", SEED)])
    (signer,) = read_key_file(path)
    assert new_signer(kind, "log.example/a", SEED).verifier == signer.verifier
    assert 0o600 == path.stat().st_mode & 0o777


def test_keys_of_go_are_read() -> None:
    """The form is that of Go's note package: this is a key of its documentation's kind, made by its GenerateKey."""
    line = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
    assert (
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        == parse_private_key(line).verifier.encode()
    )


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """It is not mended: who knows who has read it."""
    path = tmp_path / "key"
    write_key_file(path, [LINE])
    path.chmod(mode)
    with pytest.raises(KeyFileUnusable, match="by others"):
        read_key_file(path)
    assert mode == path.stat().st_mode & 0o777


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    """A key that is lost is lost for good."""
    path = tmp_path / "key"
    write_key_file(path, [LINE])
    with pytest.raises(KeyFileUnusable):
        write_key_file(path, ["other"])
    assert f"{LINE}\n" == path.read_text()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "# only a comment\n",
        "nonsense\n",
        LINE[:-4] + "\n",
        LINE + " \n",
        LINE.replace("log.", "lag.") + "\n",
        "é\n",
    ],
)
def test_what_is_no_key_is_refused_without_being_shown(tmp_path: Path, content: str) -> None:
    """The error says which file, and nothing of what is in it."""
    path = tmp_path / "key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileUnusable) as caught:
        read_key_file(path)
    assert LINE.rpartition("+")[2][:10] not in caught.value.render()


@pytest.mark.parametrize("where", ["missing", "folder"])
def test_what_is_no_file_is_refused(tmp_path: Path, where: str) -> None:
    """A missing file, or a folder, is an error in a sentence."""
    (tmp_path / "folder").mkdir(mode=0o700)
    with pytest.raises(KeyFileUnusable):
        read_key_file(tmp_path / where)


@given(st.text(max_size=120) | st.binary(max_size=60).map(lambda data: f"PRIVATE+KEY+x+00000000+{data.hex()}"))
def test_any_line_is_a_key_or_malformed(line: str) -> None:
    """Nothing else is raised."""
    with pytest.raises(Malformed):
        parse_private_key(line)
