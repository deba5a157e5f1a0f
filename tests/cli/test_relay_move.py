"""``nulla account move``: to a relay that answers, with the rooms, in both languages; and what it refuses."""

from __future__ import annotations

import json

import pytest

from tests.api.service import Service
from tests.cli.conftest import Pair
from tests.cli.shell import nulla

pytestmark = pytest.mark.timeout(240)  # a process for every command


@pytest.mark.slow
def test_an_account_moves_and_its_room_comes_along(pair: Pair, doomed: Service) -> None:
    """She moves; he, who has done nothing, writes to her there. Moving again brings it back."""
    before = nulla("room", "info", pair.room[:12], "--json", profile=pair.mina).row["relay"]
    moved = nulla("account", "move", doomed.url, "--json", profile=pair.mina)
    assert (0, f"{doomed.url}/v1", [pair.room]) == (moved.code, moved.row["relay"], moved.row["rooms"])
    assert 0 == nulla("send", pair.room[:12], "are you there?", profile=pair.junho).code
    shown = nulla("read", pair.room[:12], profile=pair.junho)
    assert f"This chat moved to another server: {doomed.host}" in shown.out
    assert 0 == nulla("sync", profile=pair.mina).code
    assert "are you there?" in nulla("read", pair.room[:12], profile=pair.mina).out
    again = nulla("account", "move", before, "--lang", "ko", profile=pair.mina)
    assert (0, f"{before}\n", True) == (again.code, again.out, "채팅방 1개도 함께 옮겨요" in again.err)


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("ws://127.0.0.1:1", "unreachable"),
        ("ws://relay.example", "endpoint-refused"),
        ("two words", "endpoint-refused"),
    ],
)
def test_a_slip_of_the_pen_changes_nothing(pair: Pair, address: str, error: str) -> None:
    """A relay that does not answer, one without encryption, a word that is no address."""
    before = nulla("account", "show", "--json", profile=pair.mina).row
    refused = nulla("account", "move", address, "--json", "--timeout", "5", profile=pair.mina)
    assert (True, error) == (refused.code != 0, json.loads(refused.err.splitlines()[-1])["error"])
    assert before == nulla("account", "show", "--json", profile=pair.mina).row


def test_the_relay_one_is_at_is_no_move(pair: Pair) -> None:
    """It would change nothing, and says so."""
    relay = nulla("account", "show", "--json", profile=pair.mina).row["relay"]
    refused = nulla("account", "move", relay, "--json", profile=pair.mina)
    assert (1, "bad-request") == (refused.code, json.loads(refused.err)["error"])
