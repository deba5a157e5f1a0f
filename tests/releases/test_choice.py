"""Which release may be installed: the attacks that The Update Framework lists, one by one (spec/release.md §5)."""

from __future__ import annotations

from hashlib import sha256

import pytest

from nullabona.releases.choice import (
    DAY_S,
    SILENCE_S,
    NotLogged,
    ReleaseFileDiffers,
    ReleaseNotRebuilt,
    ReleaseOlder,
    ReleaseRevoked,
    ReleaseTooNew,
    ReleaseUnfit,
    Running,
    Wish,
    check_file,
    choose,
    is_silent,
)
from nullabona.releases.ledger import Ledger
from tests.releases.signing import PEOPLE, REBUILDER, entry, file, ledger, rebuilt, release, revoke

HERE = Running(number=0, python=(3, 11), profile=7)


def three() -> Ledger:
    """Three releases; the newest was rebuilt by one."""
    return ledger(*[entry(release(number)) for number in range(3)], entry(rebuilt("1.2"), [REBUILDER]))


def test_what_is_newer_and_fits_is_chosen() -> None:
    """Also from a version that is in no log."""
    for running in (HERE, Running(number=None, python=(3, 14), profile=1)):
        assert (
            release(2) == choose(three(), "1.2", running, Wish(days_public=3, rebuilders=1), public_s=3 * DAY_S).release
        )


def test_arbitrary_software() -> None:
    """A version that nobody logged, and one that too few signed: the sentence says which."""
    with pytest.raises(NotLogged, match="is not in the release log"):
        choose(three(), "6.6", HERE, Wish(), public_s=0)
    with pytest.raises(NotLogged, match="entry 1 does not hold: 1 of 3 release keys signed"):
        choose(ledger(entry(release(0), PEOPLE[:1])), "1.0", HERE, Wish(), public_s=0)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_rollback(version: str) -> None:
    """What runs here is not installed again, nor anything before it."""
    with pytest.raises(ReleaseOlder):
        choose(three(), version, Running(number=1, python=(3, 11), profile=7), Wish(), public_s=0)


def test_what_runs_here_and_is_no_release_gives_way_to_the_newest_only() -> None:
    """Nothing says how old it is, so any other release could be a way back to known holes. A revoked one is none."""
    unlogged = Running(number=None, python=(3, 11), profile=7)
    for version in ("1.0", "1.1"):
        with pytest.raises(ReleaseOlder, match="not the newest"):
            choose(three(), version, unlogged, Wish(), public_s=0)
    found = ledger(*[entry(release(number)) for number in range(3)], entry(revoke("1.2")))
    assert "1.1" == choose(found, "1.1", unlogged, Wish(), public_s=0).release.version


def test_fast_forward() -> None:
    """A release with a number far ahead keeps nobody from the next one."""
    found = ledger(entry(release(0)), entry(release(2**40, "9.9")), entry(release(1)))
    assert release(1) == choose(found, "1.1", HERE, Wish(), public_s=0).release


@pytest.mark.parametrize(("age_s", "silent"), [(SILENCE_S, False), (SILENCE_S + 1, True)])
def test_indefinite_freeze(age_s: int, *, silent: bool) -> None:
    """Somebody who keeps what is new away is noticed by the witnesses' times."""
    assert silent == is_silent(1_000_000, 1_000_000 + age_s)
    assert is_silent(None, 0)


def test_mix_and_match_and_wrong_software() -> None:
    """Each file is that of its release, whoever serves it."""
    good = file(content=b"the program")
    check_file(good, b"the program")
    for other in (b"the Program", b"the program of another release", b""):
        with pytest.raises(ReleaseFileDiffers):
            check_file(good, other)
    assert good.sha256 == sha256(b"the program").hexdigest()


def test_endless_data() -> None:
    """A file that goes on is another one: its size is signed."""
    with pytest.raises(ReleaseFileDiffers):
        check_file(file(content=b"the program"), b"the program" + bytes(1))


def test_a_key_that_was_stolen_and_a_version_that_was_taken_back() -> None:
    """The reason is in the sentence."""
    found = ledger(entry(release(0)), entry(release(1)), entry(revoke("1.1")))
    with pytest.raises(ReleaseRevoked, match="previews on a locked screen"):
        choose(found, "1.1", HERE, Wish(), public_s=0)


@pytest.mark.parametrize(
    ("running", "why"),
    [
        (Running(number=0, python=(3, 10), profile=7), "needs Python 3.11"),
        (Running(number=0, python=(3, 11), profile=0), "cannot read this profile"),
        (Running(number=0, python=(3, 11), profile=41), "cannot read this profile"),
    ],
)
def test_what_cannot_run_here_is_not_installed(running: Running, why: str) -> None:
    """Nobody is left with a program that does not start, or a profile that it does not open."""
    with pytest.raises(ReleaseUnfit, match=why):
        choose(three(), "1.2", running, Wish(), public_s=0)
    for edge in (1, 40, None):
        fits = Running(number=0, python=(3, 11), profile=edge)
        assert "1.2" == choose(three(), "1.2", fits, Wish(), public_s=0).release.version


def test_what_the_person_asks_beyond_signatures() -> None:
    """So many days in public, so many who built it."""
    with pytest.raises(ReleaseTooNew, match="public for 2 days, and you want 3"):
        choose(three(), "1.2", HERE, Wish(days_public=3), public_s=3 * DAY_S - 1)
    with pytest.raises(ReleaseNotRebuilt, match="1 others have built"):
        choose(three(), "1.2", HERE, Wish(rebuilders=2), public_s=0)
    part = ledger(
        entry(release(0)), entry(release(1, files=(file("a.whl"), file()))), entry(rebuilt("1.1"), [REBUILDER])
    )
    with pytest.raises(ReleaseNotRebuilt, match="0 others have built"):
        choose(part, "1.1", HERE, Wish(rebuilders=1), public_s=0)
    different = ledger(entry(release(0)), entry(release(1)), entry(rebuilt("1.1", b"other"), [REBUILDER]))
    with pytest.raises(ReleaseNotRebuilt, match="0 others have built"):
        choose(different, "1.1", HERE, Wish(rebuilders=1), public_s=0)
