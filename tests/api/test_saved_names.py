"""A stranger's file never opens as a page or a program from where it was saved: one rule, wherever it is saved."""

from __future__ import annotations

import pytest

from nullabona.client.api.exporting.place import file_name
from nullabona.client.core.model.filenames import ACTIVE, MAX_NAME, numbered_name, saved_name


@pytest.mark.parametrize("ending", sorted(ACTIVE))
def test_what_would_run_gets_another_ending(ending: str) -> None:
    """In capitals, too; a second of the name, and its name in an export, as well."""
    assert f"a.{ending}.txt" == saved_name(f"a.{ending}")
    assert f"a.{ending.upper()}.txt" == saved_name(f"../x/a.{ending.upper()}")
    assert numbered_name(saved_name(f"a.{ending}"), 2).endswith(".txt")
    assert f"000007 a.{ending}.txt" == file_name(7, f"a.{ending}")


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("photo.jpg", "photo.jpg"),
        ("일정표 (최종).pdf", "일정표 (최종).pdf"),
        ("archive.tar.gz", "archive.tar.gz"),
        ("a.html.pdf", "a.html.pdf"),
        ("a.pdf.html", "a.pdf.html.txt"),
        ("a.html. .", "a.html.txt"),
        ("a.ht\u200bml", "a.html.txt"),
        ("a.\u202elmth", "a.lmth"),
        ("README", "README.txt"),
        (".html", "html.txt"),
        ("", "file.txt"),
        ("a.txt", "a.txt"),
    ],
)
def test_a_name_is_changed_only_if_it_has_to_be(name: str, saved: str) -> None:
    """What has no ending gets one, as systems would look into the file for what opens it."""
    assert saved == saved_name(name)


def test_a_long_name_keeps_the_ending_that_makes_it_safe() -> None:
    assert saved_name("x" * 400 + ".html").endswith(".txt")
    assert len(saved_name("한" * 200 + ".html").encode()) <= MAX_NAME
