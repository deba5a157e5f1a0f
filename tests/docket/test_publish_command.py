"""``nulla docket publish``, and what its page in the documentation says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nullabona.cli.docket.group import docket
from nullabona.cli.root import run
from nullabona.docket.site.pages import POLICY
from nullabona.docket.site.publication import encode_publication
from tests.docket.example_site import example

DOCS = Path(__file__).parents[2] / "docs/how-to/publish-the-record.md"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """What the desk writes."""
    path = tmp_path / "record.json"
    path.write_bytes(encode_publication(example()))
    return path


def test_the_pages_are_written_and_can_be_made_again(record: Path, tmp_path: Path) -> None:
    """From the publication.json of the site itself: then nothing changes."""
    site = tmp_path / "site"
    first = CliRunner().invoke(docket, ["publish", str(record), str(site), "--json"], catch_exceptions=False)
    changed = {json.loads(line)["changed"] for line in first.stdout.splitlines()}
    assert {"index.html", "ko/index.html", "en/law.html", "data/publication.json"} <= changed
    again = ["publish", str(site / "data/publication.json"), str(site), "--json"]
    assert "" == CliRunner().invoke(docket, again, catch_exceptions=False).stdout


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("missing.json", None, "docket-record-unreadable"), ("record.json", b"{}", "malformed")],
)
def test_what_is_no_record_is_refused_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | None, code: str
) -> None:
    """And no folder is made."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit):
        run(["docket", "publish", str(tmp_path / name), str(tmp_path / "site"), "--lang", "en"])
    assert (True, False) == (f"[{code}]" in capsys.readouterr().err, (tmp_path / "site").exists())


def test_the_headers_of_the_page_say_what_the_pages_say() -> None:
    """The same policy, and that nobody may frame them."""
    first, _, rest = POLICY.partition("form-action 'none'; ")
    assert f"{first}form-action 'none'; frame-ancestors 'none'; {rest}" in DOCS.read_text("utf-8")


def test_the_page_names_every_file_of_the_data() -> None:
    """What is downloaded is explained."""
    text = DOCS.read_text("utf-8")
    names = "figures.csv dsa.csv history-2013-2014.csv demands.json lumen.json taxonomy.json checkpoint.txt policy.txt"
    assert [name for name in [*names.split(), "publication.json"] if name not in text] == []
