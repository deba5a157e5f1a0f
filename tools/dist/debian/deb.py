"""A .deb from a staged tree: the control files, and an archive whose times, owners, modes and order are fixed."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Final

from tools.dist.running import environment, run
from tools.dist.sums import files

MAINTAINER: Final = "nullabona <packages@nullabona.example>"
LICENCE: Final = "AGPL-3.0-or-later"


@dataclass(frozen=True, slots=True)
class Control:
    """What dpkg is told of a package."""

    name: str
    version: str
    architecture: str
    summary: str
    description: str
    depends: str
    recommends: str = ""
    scripts: tuple[tuple[str, str], ...] = ()
    """Maintainer scripts by name."""
    overrides: tuple[tuple[str, str], ...] = ()
    """Lintian's tags that are meant, each with the reason."""

    @property
    def file(self) -> str:
        """The package's file name."""
        return f"{self.name}_{self.version}_{self.architecture}.deb"


def document(control: Control, root: Path, epoch: int, licences: dict[str, str]) -> None:
    """Changelog, copyright and overrides. ``licences``: those of the libraries that are packed, by name."""
    doc = root / "usr/share/doc" / control.name
    doc.mkdir(parents=True)
    when = dt.datetime.fromtimestamp(epoch, dt.UTC).strftime("%a, %d %b %Y %H:%M:%S +0000")
    head, tail = f"{control.name} ({control.version}) unstable; urgency=medium", f" -- {MAINTAINER}  {when}"
    changes = f"{head}\n\n  * Release {control.version}.\n\n{tail}\n"
    (doc / "changelog.gz").write_bytes(gzip.compress(changes.encode(), 9, mtime=0))
    (doc / "copyright").write_text(_copyright(licences), encoding="utf-8")
    if control.overrides:
        lines = [f"# {why}\n{control.name}: {tag}\n" for tag, why in control.overrides]
        place = root / "usr/share/lintian/overrides" / control.name
        place.parent.mkdir(parents=True)
        place.write_text("".join(lines), encoding="utf-8")


def _copyright(licences: dict[str, str]) -> str:
    head = (
        "What is below site-packages comes from the wheels that uv.lock names, and is unchanged.\n"
        "Each one's licence is in its dist-info folder:\n"
    )
    listed = "".join(f" {name}: {licence}\n" for name, licence in sorted(licences.items()))
    apache = "\nOn Debian, the Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0.\n"
    common = apache if "Apache" in listed else ""
    own = f"\nEverything else: copyright 2026 the authors of nullabona, {LICENCE}.\n\n"
    text = (
        "This program is free software: you can redistribute it and/or modify it under the terms of the GNU Affero\n"
        "General Public License as published by the Free Software Foundation, either version 3 of the License, or\n"
        "(at your option) any later version.\n"
    )
    return f"{head}{listed}{common}{own}{text}"


def pack(control: Control, root: Path, out: Path, epoch: int) -> Path:
    """The package of what is below ``root``. Every file of /etc is a configuration file."""
    found = files(root)
    (root / "DEBIAN").mkdir()
    size = sum(path.stat().st_size for path in found.values() if not path.is_symlink())
    (root / "DEBIAN/control").write_text(_control(control, size // 1024), encoding="utf-8")
    sums = "".join(f"{_md5(path)}  {name}\n" for name, path in found.items() if not path.is_symlink())
    (root / "DEBIAN/md5sums").write_text(sums, encoding="utf-8")
    kept = "".join(f"/{name}\n" for name in found if name.startswith("etc/"))
    if kept:
        (root / "DEBIAN/conffiles").write_text(kept, encoding="utf-8")
    for name, text in control.scripts:
        script = root / "DEBIAN" / name
        script.write_text(text, encoding="utf-8")
        script.chmod(0o755)
    _settle(root, epoch)
    made = out / control.file
    # One thread: xz cuts its input by the number of them.
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z3", "--threads-max=1", "--build", str(root), str(made)]
    run(command, out, environment(epoch))
    return made


def _md5(path: Path) -> str:
    # dpkg's own check of what was installed; nothing is trusted for it.
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _control(control: Control, kilobytes: int) -> str:
    fields = {
        "Package": control.name,
        "Version": control.version,
        "Architecture": control.architecture,
        "Maintainer": MAINTAINER,
        "Installed-Size": str(kilobytes),
        "Depends": control.depends,
        "Recommends": control.recommends,
        "Section": "net",
        "Priority": "optional",
        "Description": f"{control.summary}\n{indent(control.description.rstrip(), ' ')}",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def _settle(root: Path, epoch: int) -> None:
    """The modes and times of everything, whatever the umask and the clock were."""
    for path in (root, *root.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (epoch, epoch), follow_symlinks=False)
