"""Each extra alone, in a fresh environment made from the wheel and the lock file, starts what it is for."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import pytest

from nullabona.cli.root import COMMANDS, SECTIONS
from nullabona.docket.keeping.vault import new_identity
from nullabona.drills.registry import DRILLS
from nullabona.extras import EXTRAS
from nullabona.processes.ports import free_port

ROOT: Final = Path(__file__).parents[2]
UV: Final = ROOT / ".uv/bin/uv"
CRATE: Final = ROOT / "crates/mls/python/nullabona_mls"
MODULES: Final = {
    "pillow": "PIL",
    "pywebview": "webview",
    "pylopdf-fonts-ko": "pylopdf_fonts_ko",
    "scikit-learn": "sklearn",
}
"""What a distribution is imported as, where that is not its name."""
CONFIG: Final = """\
operator = "Example Messenger"
origin = "relay.example/docket"
directory = "../relay"
log_keys = "log.keys"
policy = "policy"
"""
ALONE: Final = {"LANG": "en", "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}


def test_the_table_is_that_of_the_package() -> None:
    """`EXTRAS` names the module of every requirement that an extra has in pyproject.toml, and no other."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    listed = {
        extra: tuple(sorted(MODULES.get(name, name) for name in map(_name, needed)))
        for extra, needed in project["optional-dependencies"].items()
    }
    assert {extra: tuple(sorted(names)) for extra, names in EXTRAS.items()} == listed
    assert {_name(one) for one in project["dependencies"]} & {
        name for names in EXTRAS.values() for name in names
    } == set()


def test_measures_bring_their_own_libraries() -> None:
    """What only bench needs is in bench/pyproject.toml, and neither in the product nor in its development group."""
    read = [
        tomllib.loads((ROOT / name).read_text(encoding="utf-8")) for name in ("pyproject.toml", "bench/pyproject.toml")
    ]
    own = {_name(one) for one in read[1]["project"]["dependencies"]} - {"nullabona"}
    grouped = [one for group in read[0]["dependency-groups"].values() for one in group if isinstance(one, str)]
    extras = [one for needed in read[0]["project"]["optional-dependencies"].values() for one in needed]
    assert {_name(one) for one in (*read[0]["project"]["dependencies"], *extras, *grouped)} & own == set()
    imported = re.compile(r"^\s*(?:import|from) (\w+)", re.MULTILINE)
    modules = {MODULES.get(name, name) for name in own}
    for folder in ("src", "tools", "fuzz"):
        found = {name for path in (ROOT / folder).rglob("*.py") for name in imported.findall(path.read_text("utf-8"))}
        assert found & modules == set()


def _name(requirement: str) -> str:
    found = re.match(r"[\w-]+", requirement)
    assert found, requirement
    return found[0]


@pytest.mark.parametrize(
    ("section", "extra"),
    [
        ("for-people", ""),
        pytest.param("for-operators", "relay", marks=pytest.mark.slow),
        pytest.param("for-legal-desks", "docket", marks=pytest.mark.slow),
    ],
)
def test_commands_load_without_the_extras_of_others(section: str, extra: str) -> None:
    """Each with what it needs and nothing else, the app and the module that decodes pictures among those of people."""
    gone = [name for other, names in EXTRAS.items() if other != extra for name in names]
    modules = [COMMANDS[name].partition(":")[0] for name in SECTIONS[section]]
    if section == "for-people":
        modules += ["nullabona.app.run", "nullabona.client.api", "nullabona.client.media.worker"]
    code = f"import sys; sys.modules.update(dict.fromkeys({gone})); import {', '.join(modules)}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=50)
    assert 0 == done.returncode, done.stderr


def test_a_module_loads_no_decoder_of_pictures_before_a_picture() -> None:
    """So every module but that of one drill can be imported where there is none, and the import stays as quick."""
    sources = ROOT / "src/nullabona"
    found = {
        path.relative_to(sources).as_posix()
        for path in sources.rglob("*.py")
        if re.search(r"^(?:import|from) PIL\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"drills/removal/scenario.py"} == found
    assert "pictures" == DRILLS["removal"].extra


class Fresh:
    """An environment with the wheel, and of its requirements only those of ``extra`` (none: what everybody has)."""

    def __init__(self, folder: Path, wheel: Path, extra: str | None) -> None:
        self._folder = folder
        pinned = folder / "pinned.txt"
        wanted = [] if extra is None else ["--extra", extra]
        left_out = ["--no-dev", "--no-emit-project", "--no-emit-package", "nullabona-mls"]
        _uv("export", "--frozen", "--quiet", *left_out, *wanted, "-o", str(pinned))
        _uv("venv", "--quiet", "--python", sys.executable, str(folder / "venv"))
        python = str(folder / "venv/bin/python")
        _uv("pip", "install", "--quiet", "--no-config", "--require-hashes", "--python", python, "-r", str(pinned))
        _uv("pip", "install", "--quiet", "--no-config", "--offline", "--no-deps", "--python", python, str(wheel))
        shutil.copytree(CRATE, next((folder / "venv/lib").glob("python*/site-packages")) / CRATE.name)

    def nulla(self, *words: str, fails: bool = False) -> str:
        """What a command prints, in this folder; with ``fails`` what it says on standard error."""
        done = subprocess.run(
            self._command(words), cwd=self._folder, env=self._environment(),
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert fails == bool(done.returncode), (words, done.stdout, done.stderr)
        return done.stderr if fails else done.stdout

    def has(self, module: str) -> bool:
        """Whether a module can be imported."""
        return not subprocess.run([str(self._folder / "venv/bin/python"), "-I", "-c", f"import {module}"],
                                  capture_output=True, check=False).returncode  # fmt: skip

    @property
    def found(self) -> set[str]:
        """What `nulla doctor` finds; it fails, as the seam was copied and not installed."""
        done = subprocess.run(
            self._command(("--json", "doctor")), cwd=self._folder, env=self._environment(),
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        return {json.loads(line)["finding"] for line in done.stdout.splitlines()}

    @contextlib.contextmanager
    def running(self, *words: str) -> Iterator[IO[str]]:
        """What a command prints while it runs."""
        with subprocess.Popen(
            self._command(words), cwd=self._folder, env=self._environment(), stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout
                yield process.stdout
            finally:
                process.terminate()

    def lacks(self, extra: str, *words: str) -> None:
        """The command says which extra it needs."""
        said = self.nulla(*words, fails=True)
        assert "[extra-missing]" in said
        assert f"pip install 'nullabona[{extra}]'" in said

    def _command(self, words: tuple[str, ...]) -> list[str]:
        return [str(self._folder / "venv/bin/nulla"), *words]

    def _environment(self) -> dict[str, str]:
        return ALONE | {
            "HOME": str(self._folder),
            "NULLA_DOCKET": "desk",
            "NULLA_PROFILE": str(self._folder / "profile"),
        }


def _uv(*words: str) -> None:
    done = subprocess.run([str(UV), *words], cwd=ROOT, capture_output=True, text=True, check=False, timeout=240)
    assert not done.returncode, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, with the page that was built last."""
    if not UV.exists():
        pytest.skip("there is no uv in this clone: make setup")
    if not (ROOT / "src/nullabona/app/page/index.html").exists():
        pytest.skip("the page is not built in this clone: make ui")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"NULLABONA_PAGE": "none"}, capture_output=True, check=True)
    return next(folder.glob("*.whl"))


def _status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return int(answer.status)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_without_an_extra_there_is_the_messenger(tmp_path: Path, wheel: Path) -> None:
    """The app serves its page; what needs an extra names it, and is in the list of commands all the same."""
    fresh = Fresh(tmp_path, wheel, None)
    with fresh.running("--json", "app", "--no-browser") as said:
        opener = Path(json.loads(said.readline())["url"].removeprefix("file://"))
        page = re.search(r"url=(http://[^#\"]+)", opener.read_text("utf-8"))
        assert page
        assert 200 == _status(page[1])
    fresh.lacks("relay", "relay", "serve", "--data", "relay")
    fresh.lacks("relay", "witness", "serve")
    fresh.lacks("relay", "drill", "demo")
    fresh.lacks("docket", "docket", "package", "key", "Example", "custodian.pem")
    fresh.lacks("window", "app", "--window")
    assert (False, True) == (fresh.has("PIL"), fresh.has("nullabona.app.run, nullabona.client.media.worker"))
    assert "pictures-missing" in fresh.found
    assert {"relay", "docket", "drill"} <= set(fresh.nulla("--help").split())


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_extra_relay_serves_boxes(tmp_path: Path, wheel: Path) -> None:
    """A relay with its directory says where it listens, and is well."""
    fresh = Fresh(tmp_path, wheel, "relay")
    serving = ("--data", "relay", "--listen", "127.0.0.1:0", "--behind-proxy", "--host", "relay.example")
    fresh.nulla("relay", "init", *serving)
    with fresh.running("relay", "serve", *serving) as said:
        assert 200 == _status(said.readline().split()[1] + "/healthz")
    fresh.lacks("docket", "docket", "package", "key", "Example", "custodian.pem")
    fresh.lacks("docket", "drill", "docket")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_extra_docket_founds_and_serves_a_desk(tmp_path: Path, wheel: Path) -> None:
    """The desk of the how-to, its custodian's key, and the console's first page."""
    fresh = Fresh(tmp_path, wheel, "docket")
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "docket.toml").write_text(CONFIG)
    keys = fresh.nulla("log", "keygen", "relay.example/docket", "desk/log.keys")
    (desk / "policy").write_text("".join(f"log {line}\n" for line in keys.splitlines()) + "quorum none\n")
    first: list[str] = []
    for name, role in (("ada", "admin"), ("ben", "admin"), ("ina", "intake")):
        fresh.nulla("docket", "officer", "new", name, "-o", f"{name}.officer")
        first += ["--first", f"{name}.officer:{role}"]
    fresh.nulla("docket", "init", "--outside", new_identity()[1], "--pointer-key", "pointer", *first)
    assert re.fullmatch(r"[0-9a-f]{64}\s*", fresh.nulla("docket", "package", "key", "Example", "desk/custodian.pem"))
    port = free_port()
    origin = f"http://localhost:{port}"
    with fresh.running("docket", "serve", "--origin", origin, "--listen", f"127.0.0.1:{port}") as said:
        assert said.readline() == f"ready {origin}\n"
        assert 200 == _status(f"{origin}/sign-in")
    fresh.lacks("relay", "relay", "serve", "--data", "relay")


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_extra_window_brings_its_library(tmp_path: Path, wheel: Path) -> None:
    """Without a display no window can open, but the command gets as far as asking for one."""
    fresh = Fresh(tmp_path, wheel, "window")
    assert "[no-window]" in fresh.nulla("app", "--window", fails=True)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_extra_pictures_brings_the_decoder(tmp_path: Path, wheel: Path) -> None:
    """With it there is nothing to warn of, and every format can be read and written."""
    fresh = Fresh(tmp_path, wheel, "pictures")
    assert fresh.has("nullabona.client.media.worker as worker; worker._warm()")
    assert "pictures-missing" not in fresh.found
