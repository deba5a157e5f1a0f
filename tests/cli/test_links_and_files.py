"""Files, links and safety numbers from the command line, one process each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nullabona.client.core.model.invite_link import web_link
from tests.api.pictures import photo
from tests.api.service import Service
from tests.cli.conftest import Pair
from tests.cli.shell import nulla


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_file_is_sent_and_saved(pair: Pair, tmp_path: Path) -> None:
    """A report goes out with its caption and is written on the other side, never over another file; a photo too."""
    report, picture = tmp_path / "보고서.txt", tmp_path / "p.jpg"
    report.write_bytes(b"numbers " * 1_000)
    picture.write_bytes(photo(64, 48))
    sent = nulla(
        *("send", pair.junho_name, "읽어 봐", "--file", str(report), "--file", str(picture), "--json"),
        profile=pair.mina,
    )
    assert (0, 2) == (sent.code, len(sent.rows))
    assert 0 == nulla("sync", profile=pair.junho).code
    message, folder = sent.rows[0]["id"], tmp_path / "in"
    folder.mkdir()
    saved = nulla("save", pair.mina_name, message[:10], str(folder), "--json", profile=pair.junho)
    assert (0, str(folder / "보고서.txt")) == (saved.code, saved.row["path"])
    assert report.read_bytes() == (folder / "보고서.txt").read_bytes()
    again = nulla("save", pair.mina_name, message, str(folder / "보고서.txt"), "--json", profile=pair.junho)
    assert (1, "file-exists") == (again.code, json.loads(again.err)["error"])
    missing = nulla("send", pair.junho_name, "--file", str(tmp_path / "none"), LC_ALL="ko_KR.UTF-8", profile=pair.mina)
    assert (1, True) == (missing.code, "파일을 읽을 수 없어요" in missing.err)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_links_and_numbers(service: Service, pair: Pair, tmp_path: Path, name: str) -> None:
    """A stranger follows a link; both see one safety number; a text that is no link is refused with a hint."""
    link = nulla("contact", "link", "--hours", "1", "--json", profile=pair.mina)
    assert (0, "contact", 1) == (link.code, link.row["kind"], link.row["uses_left"])
    stranger = tmp_path / "stranger"
    nulla("account", "create", service.handle(name), "--unprotected", profile=stranger)
    assert 0 == nulla("contact", "open", link.row["text"], profile=stranger).code
    nulla("sync", profile=pair.mina)
    states = {row["handle"]: row["state"] for row in nulla("contact", "list", "--json", profile=pair.mina).rows}
    assert "accepted" == states[service.handle(name)]
    one = nulla("contact", "verify", pair.junho_name, "--yes", "--json", profile=pair.mina)
    other = nulla("contact", "verify", pair.mina_name, "--json", profile=pair.junho)
    assert (one.row["digits"], True, False) == (other.row["digits"], one.row["verified"], other.row["verified"])
    drawn = nulla("contact", "link", "--qr", profile=pair.mina)
    plain, web = drawn.out.splitlines()[:2]
    assert (plain.startswith("nullabona:contact/"), web_link(plain)) == (True, web)
    assert {"█"} < set("".join(drawn.out.splitlines()[2:])) <= set("█▀▄ ")
    wrong = nulla("contact", "open", "https://example.com", "--json", profile=stranger)
    assert (1, "link-syntax") == (wrong.code, json.loads(wrong.err)["error"])


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_group_link_lets_people_in(service: Service, pair: Pair, tmp_path: Path, name: str) -> None:
    """Made by the admin, followed by a stranger; nobody else may make one, and it can be ended."""
    room = nulla("room", "create", "열린 방", "--json", profile=pair.mina).row["id"]
    link = nulla("room", "link", room[:8], "--json", profile=pair.mina).row
    stranger = tmp_path / "stranger"
    nulla("account", "create", service.handle(name), "--unprotected", profile=stranger)
    assert 0 == nulla("contact", "open", link["text"], profile=stranger).code
    asked = nulla("room", "asked", "--json", profile=stranger).row
    assert (room, "waiting") == (asked["room"], asked["state"])
    assert 0 == nulla("sync", profile=pair.mina).code
    assert 0 == nulla("sync", profile=stranger).code
    assert [] == nulla("room", "asked", "--json", profile=stranger).rows
    assert [room] == [row["id"] for row in nulla("room", "list", "--json", profile=stranger).rows]
    refused = nulla("room", "link", room[:8], "--json", profile=stranger)
    assert (1, "not-allowed") == (refused.code, json.loads(refused.err)["error"])
    assert 0 == nulla("room", "link", room[:8], "--revoke", profile=pair.mina).code
    nulla("contact", "open", link["text"], profile=pair.junho)
    nulla("sync", profile=pair.mina)
    told = nulla("room", "asked", profile=pair.junho, LC_ALL="ko_KR.UTF-8")
    assert (0, True) == (told.code, "이제 들어갈 수 없어요" in told.out), told
    assert [] == nulla("room", "asked", room[:8], "--withdraw", "--json", profile=pair.junho).rows
    assert 2 == nulla("room", "asked", "--again", profile=pair.junho).code
