"""``nulla release`` from new keys to a checked file, with real witnesses (spec/release.md §8)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.releases.publishing import LOG, SIGNERS, Publisher, nulla, publishing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
WHEEL = "nullabona-1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Publisher]:
    """A log with the release 1.0, which the university rebuilt."""
    with publishing(tmp_path_factory.mktemp("people")) as made:
        assert {"number": 1, "size": 2} == without(made.enter(made.draft(0, "1.0", {WHEEL: b"one", "sbom": b"{}"})))
        same = made.put("rebuilt", {WHEEL: b"one", "sbom": b"{}"})
        words = ("--log", LOG, "--version", "1.0", "--by", "university.example/release", "-o", made.path("r1.0"))
        made.run("draft-rebuilt", str(same), *words)
        made.enter("r1.0", ["university"])
        yield made


def without(said: dict[str, object]) -> dict[str, object]:
    """What was said, but for the fingerprint."""
    return {key: value for key, value in said.items() if key != "fingerprint"}


def test_everybody_sees_who_signed_and_who_rebuilt(people: Publisher) -> None:
    """As text for people in both languages, and as JSON."""
    listed = nulla("release", "list", str(people.log), *people.reading())
    assert "1.0 (release 0, entry 1), signed by jun.example/release, mina.example/release" in listed.out
    assert "rebuilt by university.example/release: every file is the same" in listed.out
    assert "2 witnesses cosigned" in listed.err
    korean = nulla("--lang", "ko", "release", "list", str(people.log), *people.reading())
    assert "모든 파일이 같아요" in korean.out
    told = json.loads(people.run("--json", "list", str(people.log), *people.reading()))
    assert (LOG, ["1.0"], []) == (told["origin"], [one["version"] for one in told["releases"]], told["ignored"])
    assert {"university.example/release": "same"} == told["releases"][0]["rebuilt"]


def test_a_file_is_checked_without_a_connection(people: Publisher, tmp_path: Path) -> None:
    """Against a copy of the log's public folder; one byte more and it is refused."""
    file = tmp_path / WHEEL
    file.write_bytes(b"one")
    where = str(people.log / "public")
    assert "1.0" in people.run("check", where, str(file), *people.reading())
    file.write_bytes(b"one!")
    refused = nulla("release", "check", where, str(file), *people.reading())
    assert (3, "", True) == (refused.code, refused.out, "[release-file-differs]" in refused.err)


@pytest.mark.parametrize(
    ("signers", "code"),
    [(SIGNERS[:1], "release-signed-by-too-few"), ((SIGNERS[0], "university"), "release-signed-by-too-few")],
)
def test_what_would_not_hold_is_not_entered(people: Publisher, signers: list[str], code: str) -> None:
    """One stolen key, alone or with a rebuilder's; the log stays as it is."""
    version = f"6.{len(signers)}"
    statement = people.draft(1, version, {WHEEL: b"six"})
    size = json.loads(people.run("--json", "list", str(people.log), *people.reading()))["size"]
    refused = nulla("release", *people.entering(statement, signers))
    assert (3, True) == (refused.code, f"[{code}]" in refused.err)
    assert size == json.loads(people.run("--json", "list", str(people.log), *people.reading()))["size"]


def test_a_statement_is_entered_once(people: Publisher) -> None:
    """The command can be repeated after an interruption: same number, same size. Its log stays one of this name."""
    again = ["enter", str(people.log), people.path("s1.0"), people.path("s1.0.mina"), people.path("s1.0.jun")]
    keys = ["--log-keys", people.path("log.key"), "--policy", str(people.policy)]
    told = json.loads(people.run("--json", *again, *keys))
    assert (1, 3) == (told["number"], told["size"])
    other = nulla("release", "list", str(people.log), "--policy", str(people.policy), "--fingerprint", "0" * 64)
    assert (3, True) == (other.code, "[release-keys-unknown]" in other.err)


def test_a_log_begins_with_its_keys(people: Publisher) -> None:
    """A release is no beginning, and no log is made of it."""
    words = people.entering("s1.0", SIGNERS[:2])
    words[1] = people.path("another-log")
    refused = nulla("release", *words)
    assert (3, True) == (refused.code, "[release-keys-unknown]" in refused.err)
