"""``nulla device``: two profiles become devices of one account, and one is removed, a process each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.service import Service
from tests.cli.conftest import Pair
from tests.cli.shell import nulla, started


def test_a_device_is_linked_named_listed_and_put_out(pair: Pair, tmp_path: Path) -> None:
    """The code of the one is typed at the other; the room is there, with what is said from then on."""
    desk = tmp_path / "desk"
    with started("device", "link", "--yes", "--json", profile=pair.mina) as linking:
        shown = linking.ready
        groups = shown["code"].split()
        assert [len(group) for group in groups] == [4] * 7
        joined = nulla(
            "device", "join", shown["handle"], *groups, "--name", "desk", "--unprotected", "--json", profile=desk
        )
        assert (0, pair.mina_handle) == (joined.code, joined.row["handle"])
        let_in = json.loads(linking.read_line())
        assert ("desk", False) == (let_in["name"], let_in["this"])
    listed = nulla("device", "list", "--json", profile=pair.mina)
    assert [("", True), ("desk", False)] == [(each["name"], each["this"]) for each in json.loads(listed.out)]
    assert 0 == nulla("send", pair.junho_handle, "from the desk", profile=desk).code
    assert "from the desk" in nulla("read", pair.mina_handle, profile=pair.junho).out
    assert 0 == nulla("device", "name", "desk", "책상", profile=pair.mina).code
    out = nulla("device", "remove", "책상", profile=pair.mina)
    assert (0, True) == (out.code, "책상" in out.err)
    assert 1 == len(json.loads(nulla("device", "list", "--json", profile=pair.mina).out))
    unknown = nulla("device", "remove", "desk", profile=pair.mina)
    assert (1, True) == (unknown.code, "[bad-request]" in unknown.err)


@pytest.mark.slow
def test_an_account_is_deleted_by_typing_its_handle(pair: Pair) -> None:
    """A slip deletes nothing; afterwards the other has the room alone, and the profile can still be read."""
    slip = nulla("account", "delete", "--yes", "somebody@else.example", profile=pair.mina)
    assert (1, True) == (slip.code, "[bad-request]" in slip.err)
    done = nulla("account", "delete", "--yes", pair.mina_handle, profile=pair.mina)
    assert (0, True) == (done.code, "90 days" in done.err), done.err
    assert 0 == nulla("sync", profile=pair.junho).code
    assert 0 == nulla("read", pair.junho_handle, profile=pair.mina).code


def test_what_is_no_code_is_refused_before_anything_is_sent(service: Service, tmp_path: Path, name: str) -> None:
    """A slip, a code that is too short, a handle that is none: told, and no account is made."""
    for code, problem in (("abcd " * 7, "slip"), ("abcd", "28 letters"), ("9999 " * 7, "digits 2 to 7")):
        refused = nulla(
            "device", "join", service.handle(name), *code.split(), "--unprotected", profile=tmp_path / "new"
        )
        assert (1, True) == (refused.code, problem in refused.err), refused.err
    assert "[no-account]" in nulla("account", "show", profile=tmp_path / "new").err
