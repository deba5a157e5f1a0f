"""What the law keeps an operator from saying is listed whole, with its provisions; and several can ask to change it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from nullabona.docket.site import build
from nullabona.docket.site.silences import silences
from nullabona.docket.taxonomy import load
from tests.docket.example_site import example
from tests.docket.pages import HOW_TO, Shell, blocks


def test_every_silence_of_the_rows_is_listed() -> None:
    """No kind that is never shown singly, never counted exactly or never told is left out."""
    listed = {one.id: one.kept for one in silences(load())}
    assert {
        row.id
        for row in load().newest()
        if row.publication.item == "never" or row.publication.count != "exact" or row.notice.rule == "never"
    } <= set(listed)
    assert ("each", "notice", "end") == listed["KR.INTERCEPT"]
    assert "number" in listed["US.NSL"]
    assert "KR.WARRANT" not in listed


def test_the_page_says_it_with_the_provisions() -> None:
    """In both languages; a provision that nobody checked is marked."""
    for language, title in (("ko", "법이 말하지 못하게 하는 것"), ("en", "What the law keeps from you")):
        page = build(example(), load())[f"{language}/law.html"].decode()
        section = page[page.index('id="silence"') : page.index("</section>", page.index('id="silence"'))]
        assert title in section
        assert "통신비밀보호법 제11조제2항" in section
        assert 'href="#kr-intercept"' in section


@pytest.mark.parametrize("end", ["", ".ko"])
def test_a_statement_is_signed_and_checked_as_written(tmp_path: Path, end: str) -> None:
    """Another byte is noticed, and the certificate is the one that the record names."""
    page = f"ask-to-change-the-law{end}.md"
    statement = re.search(r"^```text\n(.*?)^```", (HOW_TO / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert statement is not None
    (tmp_path / "statement.txt").write_text(statement[1], "utf-8")
    (tmp_path / "desk").mkdir()
    sign, check = blocks(page)
    with Shell(tmp_path) as shell:
        named = shell.run('nulla docket package key "Example Messenger" desk/custodian.pem').strip()
        shell.run(sign)
        assert named == shell.run(check).split()[0]
        assert statement[1] == (tmp_path / "checked.txt").read_text("utf-8")
        shell.run("echo more >> statement.txt")
        shell.run(f"! {{ {check.splitlines()[0]}; }} 2> refused")
