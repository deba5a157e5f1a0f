"""Three accounts with up to three devices each: linked, revoked, lost and restored at random; then it must all hold."""

from __future__ import annotations

import pytest

from tests.rooms.device_schedule import DeviceSchedule
from tests.rooms.faults import watched_ratchets

QUICK = (0, 1, 2, 3, 4, 5, 6, 7, 111, 112, 10_063, 10_240)
"""The last four: a device linked too early stayed out; so did its account; two lists of devices contended for ever; so
did tickets of several devices."""
COPIED = (*range(8), 10_073, 10_091, 10_099, 10_220)
"""The last four: a device knew only one of two shared rooms, twice; nobody remembered that a device was revoked; nobody
had the Welcome of a device any more."""
BACKED_UP = (20_035, 20_152, 20_232, 20_243, 20_292, 20_347, 20_115, 20_326)
"""The last: nobody could lead a restored device to a branch on which its own lost devices still were."""
MANY = 300
CHUNK = 10


def play(patch: pytest.MonkeyPatch, seed: int, *, folders: bool = False, backups: bool = False) -> DeviceSchedule:
    """Play a seed's schedule and check all that must hold."""
    with watched_ratchets(patch) as reused:
        schedule = DeviceSchedule(seed, folders=folders, backups=backups)
        try:
            schedule.play()
            schedule.check()
        except BaseException:
            print(f"seed {seed}", *schedule.log, sep="\n")  # noqa: T201 - what pytest shows of a failure
            raise
    assert [] == reused, f"seed {seed}: a ratchet position was used twice"
    return schedule


@pytest.mark.parametrize("seed", QUICK)
def test_devices_come_and_go_while_everybody_talks(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """A few seeds, always the same."""
    play(monkeypatch, seed)


@pytest.mark.parametrize("seed", COPIED)
def test_folders_are_copied_back_as_well(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """A device that wakes up in its own past sends nothing from there, and misses nothing that is said from then on."""
    play(monkeypatch, seed, folders=True)


def test_what_was_said_between_a_backup_and_the_return_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens meanwhile, by whom it was said; own lines by who had them."""
    handed = [play(monkeypatch, seed, backups=True).handed for seed in BACKED_UP]
    assert len([each for each in handed if each]) >= len(handed) - 2, handed  # in some lives nothing is said meanwhile


def test_who_gives_up_a_rooms_keys_says_before_which_commits_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seed 10,060: the one device that read a commit loses it with the relay's box, is copied back and comes in again
    by somebody who never saw that commit, while a device of its own lets others in on the branch that is over.
    """
    play(monkeypatch, 10_060, folders=True)


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(MANY // CHUNK))
def test_three_hundred_lives_with_backups(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    """Many seeds, for the night."""
    for seed in range(20_000 + chunk * CHUNK, 20_000 + (chunk + 1) * CHUNK):
        play(monkeypatch, seed, backups=True)


@pytest.mark.slow
@pytest.mark.parametrize("folders", [False, True])
@pytest.mark.parametrize("chunk", range(MANY // CHUNK))
def test_three_hundred_lives(monkeypatch: pytest.MonkeyPatch, chunk: int, folders: bool) -> None:  # noqa: FBT001
    """Many seeds, for the night."""
    for seed in range(10_000 + chunk * CHUNK, 10_000 + (chunk + 1) * CHUNK):
        play(monkeypatch, seed, folders=folders)
