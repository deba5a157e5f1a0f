"""Every finding that verification can make is explained, in both languages and on the page."""

from __future__ import annotations

import re
from pathlib import Path

from nullabona.words.recounted import FINDINGS, meaning

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "spec/docket.md").read_text("utf-8")
SOURCES = [*(ROOT / "src/nullabona/docket/core").glob("recount*.py"), ROOT / "src/nullabona/docket/verify.py"]


def test_every_code_has_its_words() -> None:
    """Those of the program, those of the page and those that are explained are the same."""
    made = set(re.findall(r'(?:Finding|fault)\(\s*"([a-z-]+)"', "".join(path.read_text("utf-8") for path in SOURCES)))
    table = re.findall(r"^\| `([a-z-]+)` \|", PAGE.partition("## 8.")[2].partition("## 9.")[0], re.MULTILINE)
    assert (made, table) == (set(FINDINGS), list(FINDINGS))


def test_korean_is_korean() -> None:
    """No sentence is left in the other language."""
    for code in FINDINGS:
        assert re.search("[가-힣]", meaning(code, "ko"))
        assert not re.search("[가-힣]", meaning(code, "en"))
