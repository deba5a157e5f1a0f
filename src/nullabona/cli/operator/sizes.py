"""What ``nulla relay limits --people N`` shows or writes."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from nullabona.cli.output import emit, line
from nullabona.errors import UserError
from nullabona.machine.opening import opening
from nullabona.operating.sizing import files_for, sizes_for


class SizesExist(UserError):
    """A file is there already."""

    code = "sizes-exist"
    default_hint = "name a folder that is new, or move the file away"


def show_sizes(people: int, output: Path | None, *, as_json: bool) -> None:
    """Print every file, or write them below ``output`` and print their names.

    Raises `TooManyPeople`; `SizesExist` before anything is written; `PathUnusable` if the folder cannot be written.
    """
    sizes = sizes_for(people)
    files = files_for(sizes)
    if output is not None:
        _write(files, output)
    if as_json:
        emit({"sizes": asdict(sizes), "files": files if output is None else [str(output / name) for name in files]})
    elif output is None:
        for name, text in files.items():
            for each in (f"# ---- {name}", *text.splitlines(), ""):
                line(each)
    else:
        for name in files:
            line(str(output / name))


def _write(files: dict[str, str], output: Path) -> None:
    there = [output / name for name in files if (output / name).exists()]
    if there:
        raise SizesExist(f"{there[0]} is there already")
    for name, text in files.items():
        path = output / name
        with opening(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
