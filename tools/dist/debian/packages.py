"""Which Debian packages there are, what each installs, and what its description says."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath
from typing import Final

from tools.dist.debian.deb import Control, document, pack
from tools.dist.debian.program import LEFT_OUT, PYTHONS, WITHOUT_CLIENT, Program, chosen, script, unpack
from tools.dist.source import Source

_LAST: Final = PYTHONS[-1].split(".")
DEPENDS: Final = f"python3 (>= {PYTHONS[0]}), python3 (<< {_LAST[0]}.{int(_LAST[1]) + 1}~), libc6 (>= 2.28)"
ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_SHELL: Final = "#!/bin/sh\nset -e\n"
_INSTALLED: Final = "/opt/nullabona/.venv/bin/nulla"
"""Where deploy/ has the program that somebody installed by hand."""
_SAME_BYTES: Final = "the libraries are those of the wheels in uv.lock, unchanged, so that anybody can compare them"
_OVERRIDES: Final = (
    ("embedded-library *", _SAME_BYTES),
    ("hardening-no-fortify-functions *", _SAME_BYTES),
    ("unstripped-binary-or-object *", _SAME_BYTES),
    ("library-not-linked-against-libc *", _SAME_BYTES),
    ("custom-library-search-path *", _SAME_BYTES),
    ("shared-library-lacks-prerequisites *", _SAME_BYTES),
    ("extra-license-file *", "each library keeps its own licence beside it, as its licence asks"),
    ("package-contains-documentation-outside-usr-share-doc *", _SAME_BYTES),
    ("unusual-interpreter *", "the program runs in its own environment, on Debian's Python"),
    ("maintainer-script-calls-systemctl *", "a unit that systemctl enabled is disabled before its program goes"),
    ("no-manual-page *", "the manual is `nulla --help`, which is in the language of the person"),
)


@dataclass(frozen=True, slots=True)
class Package:
    """A package before it is built. ``commands``: name in /usr/bin, and the words that it puts before those typed."""

    program: Program
    requirements: str
    summary: str
    description: str
    commands: dict[str, tuple[str, ...]]
    units: tuple[str, ...] = ()
    """Of the system, from deploy/."""
    recommends: str = ""
    files: dict[str, str] = field(default_factory=dict)
    """What else is installed, by its place, and where it is in the source."""

    @property
    def name(self) -> str:
        """That of its folder in /usr/lib."""
        return self.program.home.name


PACKAGES: Final = (
    Package(
        program=Program(PurePosixPath("/usr/lib/nullabona"), LEFT_OUT),
        requirements="requirements.txt",
        summary="messenger whose operator has nothing to hand over",
        description="Rooms are encrypted end to end (MLS, RFC 9420, with a post-quantum suite).\n"
        "The server keeps padded boxes and does not know whose they are.\n.\n"
        "This package has the app, the commands of a person and what checks an\n"
        "operator.",
        commands={"nulla": ()},
        recommends="chromium | firefox-esr | www-browser, xdg-utils",
        files={
            "usr/share/applications/nullabona.desktop": "deploy/debian/nullabona.desktop",
            "etc/xdg/autostart/nullabona.desktop": "deploy/debian/autostart.desktop",
            "usr/lib/systemd/user/nullabona.service": "deploy/debian/nullabona.service",
            "usr/share/icons/hicolor/scalable/apps/nullabona.svg": "ui/public/icon.svg",
        },
    ),
    Package(
        program=Program(PurePosixPath("/usr/lib/nullabona-relay"), LEFT_OUT | WITHOUT_CLIENT),
        requirements="requirements-relay.txt",
        summary="relay and witness of the messenger nullabona",
        description="A relay keeps padded boxes at addresses that look random, and a directory of\n"
        "public cards. A witness cosigns the public logs of other operators.\n.\n"
        "Neither has any code that could decrypt: the messenger's client is not in\n"
        "this package.",
        commands={"nulla-relay": ("relay",), "nulla-witness": ("witness",)},
        units=("nullabona-relay", "nullabona-witness"),
    ),
    Package(
        program=Program(PurePosixPath("/usr/lib/nullabona-desk"), LEFT_OUT),
        requirements="requirements-docket.txt",
        summary="legal desk of an operator of the messenger nullabona",
        description="The desk answers legal demands, keeps a public record of them that cannot be\n"
        "shortened unnoticed, and lets officers in with passkeys only.",
        commands={"nulla-docket": ("docket",)},
        units=("nullabona-desk",),
    ),
)


def build(package: Package, source: Source, offline: Path, machine: str, out: Path, work: Path) -> Path:
    """The .deb of ``package`` for ``machine`` in ``out``; ``work`` is where its tree is staged."""
    root = work / package.name
    shutil.rmtree(root, ignore_errors=True)
    wheels = [wheel for wheel in chosen(offline / package.requirements) if wheel.stem.endswith(("any", machine))]
    unpack(wheels, package.program, root)
    for name, words in package.commands.items():
        script(root / "usr/bin" / name, package.program, words)
    for place, origin in package.files.items():
        _install(root / place, (source.tree / origin).read_text(encoding="utf-8"))
    for unit in package.units:
        text = (source.tree / f"deploy/{unit}.service").read_text(encoding="utf-8")
        own = str(package.program.home / "bin/nulla")
        _install(root / f"usr/lib/systemd/system/{unit}.service", text.replace(_INSTALLED, own))
    control = Control(
        name=package.name,
        version=source.version,
        architecture=ARCHITECTURES[machine],
        summary=package.summary,
        description=package.description,
        depends=DEPENDS,
        recommends=package.recommends,
        scripts=_scripts(package),
        overrides=_OVERRIDES,
    )
    document(control, root, source.epoch, _licences(root))
    return pack(control, root, out, source.epoch)


def _install(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _scripts(package: Package) -> tuple[tuple[str, str], ...]:
    """Bytecode is made for the Python of the machine. A unit starts when it is told to, and ends before its program."""
    name, units = package.name, " ".join(f"{unit}.service" for unit in package.units)
    compiling = f'if [ "$1" = configure ]; then\n    py3compile -p {name} /usr/lib/{name}\nfi\n'
    cleaning = f"py3clean -p {name}\n"
    if not units:
        return (("postinst", _SHELL + compiling), ("prerm", _SHELL + cleaning))
    told = "if [ -d /run/systemd/system ]; then\n    systemctl daemon-reload\nfi\n"
    ended = f'if [ -d /run/systemd/system ] && [ "$1" = remove ]; then\n    systemctl disable --now {units}\nfi\n'
    return (
        ("postinst", _SHELL + compiling + told),
        ("prerm", _SHELL + ended + cleaning),
        ("postrm", _SHELL + told),
    )


def _licences(root: Path) -> dict[str, str]:
    """What each packed library says its licence is: by the field of PEP 639, in a classifier or in its old words."""
    found = {}
    for path in root.rglob("*.dist-info/METADATA"):
        said = HeaderParser().parsestr(path.read_text(encoding="utf-8"))
        classified = [line.rpartition(" :: ")[2] for line in said.get_all("Classifier", []) if "License ::" in line]
        exact = [name for name in classified if name != "OSI Approved"]
        stated = (said["License"] or "").strip().partition("\n")[0]
        kept = f"see {path.parent.name}"
        found[f"{said['Name']} {said['Version']}"] = said["License-Expression"] or " or ".join(exact) or stated or kept
    return found
