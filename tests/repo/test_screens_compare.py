"""The sheet that shows screens before and after."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tools.screens_compare import CAPTION_PX, GAP_PX, WIDTH_PX, compare

OLD, NEW, EMPTY = (200, 0, 0), (0, 0, 200), (119, 119, 119)
WIDTH = WIDTH_PX["phone"]


def _folders(tmp_path: Path) -> tuple[Path, Path]:
    """Two runs; the older one lacks a screen."""
    for run, colour, names in (("before", OLD, ["chats"]), ("now", NEW, ["chats", "album"])):
        (tmp_path / run).mkdir()
        for name in names:
            Image.new("RGB", (390, 844), colour).save(tmp_path / run / f"{name}.png")
    return tmp_path / "before", tmp_path / "now"


def test_the_older_picture_is_on_the_left_of_the_newer(tmp_path: Path) -> None:
    """A screen that was not there before leaves its place empty."""
    sheet = compare(*_folders(tmp_path), ["chats", "album"])
    middle = CAPTION_PX + 40
    places = [GAP_PX + 9, 2 * GAP_PX + WIDTH + 9]
    second = 2 * WIDTH + 3 * GAP_PX
    found = [sheet.getpixel((left, middle)) for left in (*places, *(second + left for left in places))]
    assert [OLD, NEW, EMPTY, NEW] == found


def test_a_name_that_the_newer_run_lacks_is_refused(tmp_path: Path) -> None:
    """A mistyped name makes no empty sheet."""
    with pytest.raises(FileNotFoundError):
        compare(*_folders(tmp_path), ["chatz"])
