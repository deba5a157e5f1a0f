"""A room with a contact is left, deleted and opened again on the command line."""

from __future__ import annotations

from tests.cli.conftest import Pair
from tests.cli.shell import nulla


def test_a_room_is_left_deleted_and_opened_again(pair: Pair) -> None:
    """Only a room that one has left is deleted, and not without a question; whoever writes opens it again."""
    nulla("send", pair.junho_name, "before", profile=pair.mina)
    early = nulla("room", "delete", pair.junho_name, "--yes", profile=pair.mina)
    assert (1, True) == (early.code, "[bad-request]" in early.err)
    assert 0 == nulla("room", "leave", pair.junho_name, profile=pair.mina).code
    unasked = nulla("room", "delete", pair.junho_name, profile=pair.mina)
    assert (2, True) == (unasked.code, "Add --yes" in unasked.err)
    deleted = nulla("room", "delete", pair.junho_name, "--yes", profile=pair.mina)
    assert (0, "Deleted the room.") == (deleted.code, deleted.err.strip().splitlines()[-1])
    assert "" == nulla("room", "list", profile=pair.mina).out
    sent = nulla("send", pair.junho_name, "again", "--no-wait", profile=pair.mina)
    assert (0, True) == (sent.code, "once your contact's device has answered" in sent.err)
    read = nulla("read", pair.junho_name, "--offline", profile=pair.mina).out
    assert ("again" in read, "before" in read) == (True, False)
    assert pair.room[:12] in nulla("room", "list", profile=pair.mina).out
