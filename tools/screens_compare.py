"""Two runs of `make screens` beside one another: ``screens_compare.py BEFORE NOW FILE NAME…``.

BEFORE and NOW are folders of pictures, FILE is the sheet, and each NAME is a picture's without ``.png``. Each pair has
the older picture on its left; where a run has no such picture, its place stays empty.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

WIDE_PX: Final = 1_000
"""Pictures that are wider are of a desktop."""
WIDTH_PX: Final = {"desktop": 440, "phone": 176}
PAIRS: Final = {"desktop": 2, "phone": 5}
"""How many stand in a row."""
GAP_PX: Final = 8
CAPTION_PX: Final = 16
COLOURS: Final = 256
"""A palette keeps the file small; photos lose a little."""


def compare(before: Path, now: Path, names: Sequence[str]) -> Image.Image:
    """The sheet; all pictures have the shape of the newest first one.

    Raises FileNotFoundError if the newer run lacks one.
    """
    with Image.open(now / f"{names[0]}.png") as first:
        kind = "desktop" if first.width > WIDE_PX else "phone"
        width = WIDTH_PX[kind]
        height = round(first.height * width / first.width)
    across = min(PAIRS[kind], len(names))
    row, pair = height + CAPTION_PX + GAP_PX, 2 * width + 3 * GAP_PX
    sheet = Image.new("RGB", (across * pair, -(-len(names) // across) * row), "#777777")
    write = ImageDraw.Draw(sheet)
    for place, name in enumerate(names):
        left, top = place % across * pair + GAP_PX, place // across * row
        write.text((left, top + 2), f"{name}: before, now", fill="#ffffff")
        for column, folder in enumerate((before, now)):
            found = folder / f"{name}.png"
            if folder is now or found.exists():
                with Image.open(found) as picture:
                    small = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
                sheet.paste(small, (left + column * (width + GAP_PX), top + CAPTION_PX))
    return sheet


def main() -> int:
    """Write it."""
    before, now, file, *names = sys.argv[1:]
    compare(Path(before), Path(now), names).quantize(COLOURS).save(file, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
