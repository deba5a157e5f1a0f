"""A release log gets other keys of its own, by the commands of all who have a part in it (spec/release.md §8)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nullabona.drills.stage.witnesses import WITNESSES
from tests.releases.publishing import LOG, Publisher, nulla, publishing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FILES = {"nullabona-1.0-py3-none-any.whl": b"one", "sbom": b"{}"}


@pytest.fixture
def people(tmp_path: Path) -> Iterator[Publisher]:
    """A log with the release 1.0, whose witnesses know its next keys already."""
    with publishing(tmp_path, "next") as made:
        made.enter(made.draft(0, "1.0", FILES))
        yield made


def draft(people: Publisher) -> str:
    """Draft the change; what is told by telephone."""
    said = people.run(
        "--json", "draft-log-keys", str(people.log), people.path("change"), "--log-keys", people.path("log.key"),
        "--new-log-keys", people.path("next.key"), "--policy", str(people.policy), "-o", people.path("agreement"),
    )  # fmt: skip
    told = json.loads(said)
    assert (0, True) == (told["number"], told["change"].startswith(told["fingerprint"]))
    return str(told["fingerprint"])


def confirm(people: Publisher, fingerprint: str) -> list[str]:
    """What each witness's operator sends back."""
    found = []
    for name in WITNESSES:
        words = ("--config", str(people.folder / name / "witness.toml"), "--fingerprint", fingerprint)
        done = nulla("witness", "cosign-keys", people.path("change"), *words)
        assert 0 == done.code, done.err
        found.append(people.path(f"confirmed-{name}"))
        Path(found[-1]).write_text(done.out)
    return found


def install(people: Publisher, *confirmed: str) -> tuple[int, str]:
    """Try to install the change; the exit code, and what was said."""
    words = ("--fingerprint", people.fingerprint, "-o", people.path("policy.next"))
    done = nulla("release", "install-log-keys", str(people.log), people.path("change"), *confirmed, *words)
    return done.code, done.err


def test_from_a_draft_to_a_program_that_follows(people: Publisher, tmp_path: Path) -> None:
    """Nothing is installed before witnesses and release keys agreed; afterwards the old keys enter nothing."""
    home = ("--home", str(tmp_path / "home"))
    followed = nulla("update", "follow", str(people.log), *people.reading(), *home)
    assert 0 == followed.code, followed.err
    fingerprint = draft(people)
    confirmed = confirm(people, fingerprint)
    assert (3, True) == ((done := install(people, *confirmed))[0], "too few release keys agreed" in done[1])
    enter = people.entering("agreement", ["mina", "jun"])
    people.run(*enter)
    assert (3, True) == ((done := install(people, confirmed[0]))[0], "[keys-unproven]" in done[1])
    assert fingerprint == draft(people)
    assert 0 == (done := install(people, *confirmed))[0], done[1]
    assert 0 == (done := install(people))[0], done[1]

    refused = nulla("release", *enter)
    assert (1, True) == (refused.code, "[log-key-replaced]" in refused.err)
    new = {people.path("log.key"): people.path("next.key"), str(people.policy): people.path("policy.next")}
    people.run(*(new.get(word, word) for word in enter))
    people.log_keys, people.policy = "next.key", people.folder / "policy.next"
    people.enter(people.draft(1, "1.1", FILES))
    checked = nulla("update", "check", *home)
    assert (0, True) == (checked.code, "1.1 (release 1, entry 3)" in checked.out), checked.err
    assert "its witnesses confirmed that, and the release keys agreed" in checked.err
    assert LOG in json.loads(people.run("--json", "list", str(people.log), *people.reading()))["origin"]


def test_a_change_that_nobody_could_follow_is_not_drafted(people: Publisher) -> None:
    """To the same keys, from keys that the policy does not name, or to fewer witnesses."""
    fewer = people.folder / "fewer"
    fewer.write_text(people.policy.read_text().replace(" all ", " any "))
    for old, new, more in (
        ("log", "log", ()),
        ("next", "log", ()),
        ("log", "next", ("--new-policy", str(fewer))),
    ):
        done = nulla(
            "release", "draft-log-keys", str(people.log), people.path("change"), *more, "--policy", str(people.policy),
            "--log-keys", people.path(f"{old}.key"), "--new-log-keys", people.path(f"{new}.key"),
            "-o", people.path("agreement"),
        )  # fmt: skip
        assert (1, True, False) == (done.code, "[change-refused]" in done.err, Path(people.path("change")).exists())
