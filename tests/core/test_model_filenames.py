"""Names that others chose for their files: what of them is shown and written (spec/room.md, "Files")."""

from __future__ import annotations

import pytest

from nullabona.client.core.model.filenames import MAX_NAME, numbered_name, safe_name, saved_name

RESERVED = ["con", "prn", "aux", "nul", "com1", "com9", "lpt1", "lpt9"]
E_ACUTE = "\u00e9"


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../up/photo.jpg", "photo.jpg"),
        ("C:\\up\\photo.jpg", "photo.jpg"),
        ("up\\then/photo.jpg", "photo.jpg"),
        ('<a>:"b|c?d*e', "abcde"),
        ("a\x00b\x07\x7fc", "abc"),
        ("a\u202eb\u200bc\u2066d", "abcd"),
        ("a\ue000b\ud800c\u0378d", "abcd"),
        ("a\tb\nc\u2028d\u2029e\u00a0f", "a b c d e f"),
        ("  two   spaces  ", "two spaces"),
        (".hidden", "hidden"),
        ("...a.b...", "a.b"),
        (". a .", "a"),
        ("e\u0301", E_ACUTE),
        ("e\u200b\u0301", E_ACUTE),
        ("일정표.pdf", "일정표.pdf"),
    ],
)
def test_of_a_name_the_last_part_is_left_without_what_a_system_reads_into_it(given: str, safe: str) -> None:
    """Folders, controls, direction marks and forbidden signs go, spaces and dots do not hide anything."""
    assert safe == safe_name(given)


@pytest.mark.parametrize("given", ["", ".", "..", " . ", "a/", "\\", "???", "\u200b"])
def test_a_name_of_nothing_gets_one(given: str) -> None:
    """What has nothing left is called file."""
    assert ("file", "file.txt") == (safe_name(given), saved_name(given))


@pytest.mark.parametrize("name", RESERVED)
def test_a_name_that_means_a_device_on_windows_is_made_another(name: str) -> None:
    """In any letters, whatever ending or space follows it."""
    expected = [f"_{name}", f"_{name.upper()}.tar.gz", f"_{name} .x"]
    assert expected == [safe_name(name), safe_name(f"{name.upper()}.tar.gz"), safe_name(f"{name} .x")]


@pytest.mark.parametrize("name", ["console.txt", "com0", "com10", "lpt", "a.con", "_con", "com"])
def test_a_name_that_only_looks_like_a_device_stays(name: str) -> None:
    """Nothing is changed that need not be."""
    assert name == safe_name(name)


@pytest.mark.parametrize("name", ["x" * 251 + ".txt", "x" * 250 + "..txt", "x" * 255, "x" * 237 + "." + "y" * 17])
def test_the_longest_name_that_a_disk_takes_stays(name: str) -> None:
    """255 bytes are taken as they are."""
    assert (255, name) == (MAX_NAME, safe_name(name))


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("x" * 252 + ".txt", "x" * 251 + ".txt"),
        ("x" * 256, "x" * 255),
        ("x" * 400 + "." + "y" * 16, "x" * 238 + "." + "y" * 16),
        ("x" * 400 + "." + "y" * 17, "x" * 255),
        ("한" * 100, "한" * 85),
        ("한" * 100 + ".jpg", "한" * 83 + ".jpg"),
        ("x" * 250 + " " * 3 + "y" * 9 + ".txt", "x" * 250 + ".txt"),
        ("x" * 249 + ". y" + "y" * 9 + ".txt", "x" * 249 + ".txt"),
        ("con." + "x" * 300, "_con." + "x" * 250),
    ],
)
def test_a_longer_name_is_cut_before_its_ending(given: str, safe: str) -> None:
    """At whole characters, and without a dot or a space where it was cut; an ending has at most 16 bytes."""
    assert safe == safe_name(given)


@pytest.mark.parametrize(
    "given",
    ["x" * 400, "con." + "x" * 300, "e\u200b\u0301", "e|\u0323\u0301", "a" * 253 + " .txt", "한" * 200 + ".html"],
)
def test_what_is_safe_stays_as_it_is(given: str) -> None:
    """Safe again is itself, and saved again, too."""
    safe, saved = safe_name(given), saved_name(given)
    assert (safe, saved) == (safe_name(safe), saved_name(saved))


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("photo.jpg", 2, "photo (2).jpg"),
        ("archive.tar.gz", 3, "archive.tar (3).gz"),
        ("README", 12, "README (12)"),
        (".bashrc", 2, ".bashrc (2)"),
        ("a." + "y" * 17, 2, "a." + "y" * 17 + " (2)"),
        ("a." + "한" * 5, 2, "a (2)." + "한" * 5),
        ("a." + "한" * 6, 2, "a." + "한" * 6 + " (2)"),
    ],
)
def test_a_second_file_of_a_name_has_its_number_before_the_ending(name: str, number: int, expected: str) -> None:
    """What is no ending, as it is too long or all there is, is not torn off."""
    assert expected == numbered_name(name, number)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("한" * 83 + ".html", "한" * 82 + " (2).html"),
        ("x" * 251 + ".txt", "x" * 247 + " (2).txt"),
        ("x" * 247 + ".txt", "x" * 247 + " (2).txt"),
        ("x" * 255, "x" * 251 + " (2)"),
    ],
)
def test_the_longest_name_has_room_for_its_number(name: str, expected: str) -> None:
    """It is cut like any other, so that the second file is not the first again."""
    assert expected == numbered_name(name, 2)
