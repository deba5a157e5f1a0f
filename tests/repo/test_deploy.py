"""The settings of deploy/ are what they have to be: the unit, the image and what is built into it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from nullabona.relay.shelves.engine.settings import NEEDED
from nullabona.witness.config import DEFAULT_LISTEN

ROOT = Path(__file__).parents[2]
UNITS = {name: ROOT / f"deploy/nullabona-{name}.service" for name in ("relay", "witness")} | {
    name: ROOT / f"deploy/cluster/nullabona-{name}.service" for name in ("relay@", "engine@")
}
DOCKERFILE = ROOT / "deploy/Dockerfile"

REQUIRED = {
    "AmbientCapabilities": [""],
    "CapabilityBoundingSet": [""],
    "DynamicUser": ["yes"],
    "IPAddressAllow": ["localhost"],
    "IPAddressDeny": ["any"],
    "LimitCORE": ["0"],
    "LockPersonality": ["yes"],
    "MemoryDenyWriteExecute": ["yes"],
    "MemorySwapMax": ["0"],
    "NoNewPrivileges": ["yes"],
    "PrivateDevices": ["yes"],
    "PrivateIPC": ["yes"],
    "PrivateTmp": ["yes"],
    "PrivateUsers": ["yes"],
    "ProcSubset": ["pid"],
    "ProtectClock": ["yes"],
    "ProtectControlGroups": ["yes"],
    "ProtectHome": ["yes"],
    "ProtectHostname": ["yes"],
    "ProtectKernelLogs": ["yes"],
    "ProtectKernelModules": ["yes"],
    "ProtectKernelTunables": ["yes"],
    "ProtectProc": ["invisible"],
    "ProtectSystem": ["strict"],
    "RestartPreventExitStatus": ["3 6"],
    "RemoveIPC": ["yes"],
    "RestrictAddressFamilies": ["AF_INET AF_INET6 AF_UNIX"],
    "RestrictNamespaces": ["yes"],
    "RestrictRealtime": ["yes"],
    "RestrictSUIDSGID": ["yes"],
    "SocketBindDeny": ["any"],
    "StandardInput": ["null"],
    "StandardOutput": ["null"],
    "StandardError": ["journal"],
    "StateDirectoryMode": ["0700"],
    "SystemCallArchitectures": ["native"],
    "SystemCallErrorNumber": ["EPERM"],
    "SystemCallFilter": ["@system-service", "~@privileged @resources"],
    "UMask": ["0077"],
}
OWN = {
    "relay": {
        "ExecStart": ["/opt/nullabona/.venv/bin/nulla relay serve --data %S/nullabona-relay --listen 127.0.0.1:8440"],
        "SocketBindAllow": ["tcp:8440"],
        "StateDirectory": ["nullabona-relay"],
    },
    "witness": {
        "ExecStart": ["/opt/nullabona/.venv/bin/nulla witness serve --config /etc/nullabona/witness.toml"],
        "SocketBindAllow": ["tcp:8460"],
        "StateDirectory": ["nullabona-witness"],
    },
}
OWN |= {
    "relay@": {
        "ExecStart": [
            (
                "/opt/nullabona/.venv/bin/nulla relay serve --config /etc/nullabona/cluster.toml --listen 127.0.0.1:%i"
                " --engine-authority %d/authority --engine-password %d/relay --engine-keeper-password %d/keeper"
            )
        ],
        "LoadCredential": [
            "authority:/etc/nullabona/engine/authority.pem",
            "relay:/etc/nullabona/engine/passwords/relay",
            "keeper:/etc/nullabona/engine/passwords/keeper",
        ],
        "EnvironmentFile": ["-/etc/nullabona/s3.env"],
        "SocketBindAllow": ["tcp:8440-8449"],
    },
    "engine@": {
        "ExecStart": ["/usr/bin/valkey-server /etc/nullabona-engine/%i/node.conf"],
        "Group": ["nullabona-engine"],
        "RestartSec": ["30"],
        "SocketBindAllow": ["tcp:7000-7099", "tcp:17000-17099"],
        "StateDirectory": ["nullabona-engine/%i"],
        "User": ["nullabona-engine"],
    },
}
WITHOUT = {"relay@": {"StateDirectoryMode"}, "engine@": {"DynamicUser", "RestartPreventExitStatus"}}
"""A relay on an engine has no folder; a node has a user of its own, and no exit code that says more than a failure."""
every_unit = pytest.mark.parametrize("name", list(UNITS))


def directives(name: str, section: str) -> dict[str, list[str]]:
    """Every directive of one section of a unit with its values in order."""
    found: dict[str, list[str]] = {}
    current = ""
    for line in UNITS[name].read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            current = line.strip("[]")
        elif current == section and "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in order, continuation lines joined, comments left out."""
    text = re.sub(r"(?m)^#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"))
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def final_stage() -> list[tuple[str, str]]:
    """The instructions of the image that runs."""
    found = instructions()
    last = max(index for index, (word, _) in enumerate(found) if word == "FROM")
    return found[last:]


@every_unit
def test_the_unit_is_hardened(name: str) -> None:
    """Each directive that keeps memory off disks and the process in its cage is there with its value."""
    service = directives(name, "Service")
    wanted = {key: value for key, value in REQUIRED.items() if key not in WITHOUT.get(name, ())} | OWN[name]
    assert wanted == {key: service.get(key) for key in wanted}


@every_unit
def test_the_unit_sets_nothing_unreviewed(name: str) -> None:
    """A new directive of a unit is either required above or one of the plain ones here."""
    plain = {"Type", "Restart", "RestartSec", "TimeoutStopSec", "KillSignal", "SyslogLevel", "LimitNOFILE"}
    assert set() == set(directives(name, "Service")) - set(REQUIRED) - set(OWN[name]) - plain


def test_a_node_waits_longer_than_an_election() -> None:
    """It comes back empty: before its replica has taken its place, that would copy the emptiness."""
    (timeout,) = (each.value for each in NEEDED if each.name == "cluster-node-timeout")
    # Redis and Valkey: a primary is missed after the timeout, and votes come within twice that.
    assert 3 * int(timeout) / 1_000 < int(OWN["engine@"]["RestartSec"][0])


def test_the_witness_listens_where_it_may_bind() -> None:
    """The default address of a witness is the one that its unit allows, on loopback."""
    assert f"127.0.0.1:{OWN['witness']['SocketBindAllow'][0].removeprefix('tcp:')}" == DEFAULT_LISTEN


@every_unit
def test_systemd_accepts_the_unit(tmp_path: Path, name: str) -> None:
    """`systemd-analyze verify` finds nothing to say."""
    if not (tool := shutil.which("systemd-analyze")):
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / UNITS[name].name
    text = UNITS[name].read_text(encoding="utf-8")
    for program in ("/opt/nullabona/.venv/bin/nulla", "/usr/bin/valkey-server"):
        text = text.replace(program, sys.executable)
    copy.write_text(text)
    result = subprocess.run([tool, "verify", copy], capture_output=True, text=True, check=False, timeout=30)
    assert (0, "") == (result.returncode, result.stderr)


@every_unit
def test_systemd_rates_the_unit_as_safe(name: str) -> None:
    """`systemd-analyze security` puts the exposure at 1.5 or less (0 is none, 10 is everything)."""
    tool = shutil.which("systemd-analyze")
    command = [tool or "", "security", "--offline=true", "--threshold=15", "--json=short", str(UNITS[name])]
    if (
        not tool
        or "--offline" not in subprocess.run([tool, "--help"], capture_output=True, text=True, check=True).stdout
    ):
        pytest.skip("systemd-analyze that can rate a unit file (250 or newer) is not installed")
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert 0 == result.returncode, json.loads(result.stdout)


def test_the_image_runs_without_rights() -> None:
    """The image runs as a numbered user that is not root, and its only volume is the data."""
    stage = dict(final_stage())
    assert ("65532:65532", '["/data"]') == (stage["USER"], stage["VOLUME"])


def test_every_base_image_is_our_own() -> None:
    """Each FROM and each COPY --from names a stage or the base that `deploy/base.sh` makes of hashed packages."""
    stages = {rest.split(" AS ")[1] for word, rest in instructions() if word == "FROM" and " AS " in rest}
    bases = [rest.split(" AS ")[0] for word, rest in instructions() if word == "FROM"]
    copied = re.findall(r"--from=(\S+)", DOCKERFILE.read_text(encoding="utf-8"))
    assert [] == [name for name in bases + copied if name not in stages and name != "localhost/nullabona-base"]


def test_every_package_of_the_base_has_its_hash() -> None:
    """The lock has a SHA-256 for each file, and names Python and what it is started with."""
    rows = [line.split("  ") for line in (ROOT / "deploy/base.lock").read_text(encoding="utf-8").splitlines()]
    loose = [row for row in rows if len(row) != 2 or not re.fullmatch(r"[0-9a-f]{64}", row[0])]
    names = {name.split("_")[0] for _, name in rows}
    assert ([], True) == (loose, {"dpkg", "libc6", "python3", "python3-venv", "ca-certificates"} <= names)


def test_the_image_is_given_no_secret() -> None:
    """Nothing is fetched by ADD, no ARG or ENV looks like a secret, and only named paths are copied."""
    words = [word for word, _ in instructions()]
    assert [] == [
        rest
        for word, rest in instructions()
        if word in {"ARG", "ENV"} and re.search(r"(?i)key|token|pass|secret", rest)
    ]
    assert "ADD" not in words
    assert not [rest for word, rest in instructions() if word == "COPY" and rest.startswith(". ")]


PIP = re.compile(r"pip install(?! -+python \.venv --no-config --offline --no-deps)(.*)")


@pytest.mark.parametrize("place", ["Makefile", "deploy/Dockerfile"])
def test_pip_installs_nothing_without_its_hash(place: str) -> None:
    """What pip installs is uv, from a file with hashes; everything else comes from uv.lock, which has them."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / place).read_text(encoding="utf-8"))
    installs = [match[1] for match in PIP.finditer(text)]
    assert installs
    assert [] == [rest for rest in installs if "--require-hashes -r tools/uv.txt" not in rest]


def test_uv_is_one_version_with_hashes() -> None:
    """The requirement file pins uv alone, exactly, by SHA-256."""
    lines = (ROOT / "tools/uv.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith(("#", "    "))]
    hashes = [line.strip(" \\") for line in lines if line.startswith("    ")]
    assert 1 == len(pins)
    assert re.fullmatch(r"uv==\d+\.\d+\.\d+ \\", pins[0])
    assert hashes
    assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in hashes)


def test_what_builds_the_packages_is_locked() -> None:
    """No build fetches its tools by itself: both packages are built without isolation, by what uv.lock pins by hash."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    crate = tomllib.loads((ROOT / "crates/mls/pyproject.toml").read_text(encoding="utf-8"))
    wanted = {re.split(r"[<>=]", name)[0] for name in project["build-system"]["requires"]}
    wanted |= {re.split(r"[<>=]", name)[0] for name in crate["build-system"]["requires"]}
    group = {re.split(r"[<>=]", name)[0] for name in project["dependency-groups"]["build"]}
    assert wanted <= group
    assert {"nullabona", "nullabona-mls"} == set(project["tool"]["uv"]["no-build-isolation-package"])


def test_every_locked_package_has_its_hash() -> None:
    """uv.lock has a SHA-256 for every file that may be fetched."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    files = [file for row in locked for file in [*row.get("wheels", []), *([row["sdist"]] if "sdist" in row else [])]]
    assert files
    assert [] == [file["url"] for file in files if not file.get("hash", "").startswith("sha256:")]


def test_the_image_has_no_code_that_decrypts() -> None:
    """Neither the MLS seam nor the client is in the image (design: the server cannot decrypt)."""
    runs = " ".join(rest for word, rest in instructions() if word == "RUN")
    assert "--no-install-package nullabona-mls" in runs
    assert "rm -rf .venv/lib/python3.13/site-packages/nullabona/client" in runs


def test_the_build_context_is_an_allow_list() -> None:
    """The ignore file refuses everything and then lets in what the Dockerfile copies."""
    lines = (ROOT / "deploy/Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {
        path.rstrip("/")
        for word, rest in instructions()
        if word == "COPY" and "--from" not in rest
        for path in rest.split()[:-1]
    }
    assert ("*", copied) == (lines[0], {line[1:] for line in lines if line.startswith("!")})


@pytest.mark.parametrize("entry", ["cli.main", "cli.operator.relay.relay"])
def test_the_relay_command_runs_without_client_and_seam(entry: str) -> None:
    """`nulla relay serve` starts where nullabona.client and nullabona_mls are not installed."""
    module, _, name = f"nullabona.{entry}".rpartition(".")
    code = (
        "import sys, importlib; sys.modules['nullabona_mls'] = sys.modules['nullabona.client'] = None; "
        f"getattr(importlib.import_module({module!r}), {name!r})()"
    )
    words = ["relay"] if name == "main" else []
    command = [sys.executable, "-c", code, *words, "serve", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (0, True) == (result.returncode, "--listen" in result.stdout), result.stderr


@pytest.mark.parametrize("words", [["witness", "serve", "--help"], ["log", "verify", "--help"]], ids=" ".join)
def test_commands_of_logs_run_without_client_and_seam(words: list[str]) -> None:
    """`nulla witness` and `nulla log` start where nullabona.client and nullabona_mls are not installed."""
    code = (
        "import sys, importlib; sys.modules['nullabona_mls'] = sys.modules['nullabona.client'] = None; "
        "from nullabona.cli import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=30
    )
    assert (0, True) == (result.returncode, "--policy" in result.stdout or "--config" in result.stdout), result.stderr


def test_the_page_starts_the_unit_when_all_is_said() -> None:
    """The name of the handles and the witnesses cannot be changed later, so they come before the first start."""
    page = (ROOT / "docs/how-to/run-a-relay.md").read_text(encoding="utf-8")
    start = page.index("systemctl enable --now nullabona-relay")
    said = [
        page.index("--host relay.example"),
        page.index("witnesses](#the-public-record) before the first registration"),
    ]
    assert (True, True) == (max(said) < start, "IPAddressAllow=192.0.2.7" in page)
