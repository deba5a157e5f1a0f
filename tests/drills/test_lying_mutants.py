"""The drill ``lying-directory`` can fail: without any one check of the client, the lie it is for goes unnoticed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import replace as replaced

from nullabona.client.core.directory import checking, listing, owner
from nullabona.client.core.directory.listing import Position
from nullabona.client.core.directory.pinned import Sighting
from nullabona.client.core.directory.pinned import see as honest_see
from nullabona.client.runner import own_key_monitor
from nullabona.client.runner.own_lists import LOOK_S, OwnLists
from nullabona.drills.lying_directory import lists, scenario
from nullabona.drills.lying_directory.relay import lying_relay
from nullabona.drills.lying_directory.report import run
from nullabona.drills.reporting.report import Verdict
from nullabona.log.policy import Policy

Patch = pytest.MonkeyPatch


class AnyRoot(bytes):
    """A root that is equal to every other."""

    __hash__ = bytes.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, bytes)

    def __ne__(self, other: object) -> bool:
        return not isinstance(other, bytes)


def no_roots(patch: Patch) -> None:
    """Roots are not compared."""

    def see(*given: Any) -> Sighting:  # noqa: ANN401 - as the real one
        seen = honest_see(*given)
        return replace(seen, root=AnyRoot(seen.root))

    patch.setattr(checking, "see", see)


def no_judging(patch: Patch) -> None:
    """Entries at the own handle are not compared with the own cards."""
    patch.setattr(own_key_monitor, "judge", lambda watch, *_: (watch, []))


def no_quorum(patch: Patch) -> None:
    """Witnesses' signatures are not demanded."""
    patch.setattr(Policy, "check", Policy.signed)


def no_position(patch: Patch) -> None:
    """That a log only grows is not checked."""
    for module in (checking, listing, owner):
        patch.setattr(module, "check_position", lambda *_: None)


def no_settling(patch: Patch) -> None:
    """Promises are forgotten."""
    patch.setattr(own_key_monitor, "settle", lambda *_, **__: ([], []))


def no_lists(patch: Patch) -> None:
    """No list of changes is taken to name the own handle."""
    patch.setattr(listing, "_is_quiet", lambda *_: True)


def no_look(patch: Patch) -> None:
    """The look at the own handle that was drawn is put off for ever."""
    honest = OwnLists._position

    def later(lists: OwnLists) -> Position | None:
        position = honest(lists)
        return position and replaced(position, look_s=position.look_s and lists._now_s + LOOK_S)

    patch.setattr(OwnLists, "_position", later)


def no_mirror(patch: Patch) -> None:
    """The witness that should mirror the map does not."""
    patch.setattr(lists, "lying_relay", lambda *given, mirrored: lying_relay(*given, mirrored=not mirrored))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("take_out", "ids"),
    [
        (no_roots, {"M-10"}),
        (no_judging, {"M-03", "M-06", "M-08", "M-11", "M-12", "M-18"}),
        (no_lists, {"M-03", "M-08", "M-11", "M-12"}),
        (no_look, {"M-06", "M-08"}),
        (no_mirror, {"M-19"}),
        (no_quorum, {"M-13"}),
        (no_position, {"M-14"}),
        (no_settling, {"M-15"}),
    ],
    ids=["roots", "own entries", "lists", "drawn look", "mirror", "witnesses", "growth", "promises"],
)
def test_the_drill_fails_without_the_check(
    monkeypatch: Patch, take_out: Callable[[Patch], None], ids: set[str]
) -> None:
    """Exactly the claims that rest on the check do not hold any more."""
    monkeypatch.setattr(scenario, "_PATIENCE_S", 20.0)
    take_out(monkeypatch)
    report = run(lambda _: None, period=2)
    assert (False, ids) == (report.held, {check.id for check in report.checks if check.verdict is Verdict.FAILED})
