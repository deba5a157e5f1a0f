"""Nothing that others wrote is obeyed by a terminal: in lines for people, JSON and refusals; no letter is lost."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from pathlib import Path

import pytest

import nullabona.cli
from nullabona.cli.exits import show
from nullabona.cli.output import emit, harmless, is_obeyed, json_line, line, remark, table
from nullabona.errors import UserError

SURROGATES = re.compile("[\ud800-\udfff]")
EVERY = "".join(map(chr, range(0x110000)))
WRITERS = {"output.py", "exits.py", "person/progress.py", "person/moving.py"}
"""Where the rules are, and lines of numbers that overwrite themselves."""
OWN = {"operator/relay.py", "operator/witness.py", "drill.py", "log/group.py", "person/record.py", "docket/case.py",
       "docket/record.py", "root.py"}  # fmt: skip
"""What these write beside it is theirs (settings, drills), a file that was asked for, or harmless (below)."""


def test_json_of_every_character_is_safe_and_says_the_same() -> None:
    """All code points, lone surrogates among them: ASCII and letters as they are, the rest escaped."""
    text = json_line({"text": EVERY})
    assert [] == [hex(ord(char)) for char in text if char == "\x7f" or is_obeyed(char)]
    whole = SURROGATES.sub("", EVERY)
    assert whole == json.loads(json_line(whole))
    assert [] == [char for char in SURROGATES.findall(EVERY) if char != json.loads(json_line(char))]
    assert '{"text": "가나다 ä 👍"}' == json_line({"text": "가나다 ä 👍"})
    assert '"\\u009b2J\\u007f\\u202e\\u200d"' == json_line("\x9b2J\x7f\u202e\u200d")
    text.encode("utf-8")


def test_a_line_of_every_character_is_safe() -> None:
    """What is left can be written, and is shown and no more; line breaks are indented, joiners stay."""
    kept = harmless(EVERY)
    kept.encode("utf-8")
    assert {"\n", "\u200d"} == {char for char in kept if is_obeyed(char)}
    assert [] == [char for char in EVERY if unicodedata.category(char)[0] in "LMNPS" and char not in kept]
    assert "a\n  b" == harmless("a\r\nb\x1b")
    assert "a\nb" == harmless("a\nb", indent="")


def test_whatever_is_written_goes_through_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Data, remarks, tables and refusals."""
    evil = "x\x1b[2J\x9b2J\u202e\u2066"
    emit({"text": evil})
    line(evil)
    remark(evil)
    table([(evil, "b"), ("c", "d")])
    for as_json in (True, False):
        show(UserError(f"no {evil}", hint=evil), as_json=as_json, language="en")
    out, err = capsys.readouterr()
    assert [] == [char for char in out + err if is_obeyed(char) and char != "\n"]
    assert evil == json.loads(out.splitlines()[0])["text"]


def test_nobody_else_writes_to_the_terminal() -> None:
    """No module of the command line has a way of its own, but those that are named here."""
    found, root = set(), Path(nullabona.cli.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "print",
                "click.echo",
                "click.secho",
                "sys.stdout.write",
                "sys.stderr.write",
                "sys.stdout.buffer.write",
            }:
                found.add(path.relative_to(root).as_posix())
    assert found <= WRITERS | OWN
