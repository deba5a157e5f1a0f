"""The wheels and source archives of `nullabona` and `nullabona-mls`.

Rust is linked by Zig, which brings the symbols of an old glibc: the wheel runs on every Linux of the last years, and
the machine's own C library does not get into it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from tools.dist import sbom
from tools.dist.running import environment, run
from tools.dist.source import Source

GLIBC: Final = "manylinux_2_28"
"""Debian 10, Ubuntu 18.10, RHEL 8 and everything later."""
MACHINES: Final = ("x86_64", "aarch64")
"""Of Linux, as wheels name them. Zig links for each on any."""
CRATE: Final = "crates/mls"


def pure(source: Source, out: Path) -> list[Path]:
    """The wheel of `nullabona` with its page, and the source archive with everything that is in the commit."""
    env = environment(source.epoch)
    command = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", str(out)]
    run(command, source.tree, env)
    name = f"nullabona-{source.version}"
    return [out / f"{name}-py3-none-any.whl", out / f"{name}.tar.gz"]


def need_target(machine: str) -> None:
    """See to it that the Rust compiler has its library for ``machine``. Raises `SystemExit` with what to do."""
    target = _target(machine)
    env = environment(0)
    folder = Path(run(["rustc", "--print", "sysroot"], Path.cwd(), env).strip()) / "lib/rustlib" / target
    if folder.exists():
        return
    try:
        run(["rustup", "target", "add", target], Path.cwd(), env)
    except (OSError, SystemExit) as error:
        raise SystemExit(
            f"the Rust compiler here cannot build for {machine}: its library for {target} is missing\n"
            f'   hint: rustup target add {target}, or build for other machines only (DIST="--machine x86_64")'
        ) from error


def native(source: Source, out: Path, work: Path, machine: str) -> Path:
    """The wheel of `nullabona-mls` for ``machine``. ``work`` keeps what was compiled, for the next build."""
    bill = sbom.write(sbom.of_seam(source.tree, source.epoch), work / "nullabona-mls.cdx.json")
    command = [
        *("maturin", "build", "--profile", "dist", "--locked", "--zig", "--compatibility", GLIBC),
        *("--interpreter", "python3.11", "--target", _target(machine), "--out", str(out), "--sbom-include", str(bill)),
    ]
    env = environment(
        source.epoch, {"CARGO_TARGET_DIR": str(work / "target"), "CARGO_ENCODED_RUSTFLAGS": _flags(source.tree)}
    )
    run(command, source.tree / CRATE, env)
    return next(out.glob(f"nullabona_mls-*{machine}.whl"))


def _target(machine: str) -> str:
    """Rust's name of a machine with Linux."""
    return f"{machine}-unknown-linux-gnu"


def _flags(tree: Path) -> str:
    """Folders of this machine are written as fixed ones wherever the compiler names a file (panics do)."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    return f"--remap-path-prefix={home}=/cargo\x1f--remap-path-prefix={tree}=/nullabona"
