"""Looks at the machine below a server: certificate, ports, files, disk, clock, databases."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509

from nullabona.errors import UserError
from nullabona.findings import Finding, good, refused, warning, wrong
from nullabona.machine.failures import name_of, reason_of
from nullabona.machine.settings import Endpoint
from nullabona.machine.tls import Tls, end_of, server_context
from nullabona.relay.core.space import Disk

SOON_S: Final = 14 * 86_400
"""A certificate that ends sooner should be renewed now."""
_TIME_ERROR: Final = 5
"""What adjtimex answers while nothing keeps the clock right."""
_TIMEX_BYTES: Final = 512
_WHOLE: Final = 2**30
"""A database of up to so many bytes is read to its end."""
_BIND: Final = {errno.EACCES: "port-forbidden", errno.EADDRNOTAVAIL: "address-absent"}


def of_certificate(tls: Tls | None, host: str | None, now_s: float) -> Iterator[Finding]:
    """Whether the files belong together, are of ``host``, and for how long."""
    if tls is None:
        return
    try:
        server_context(tls)
    except UserError as error:
        yield refused(error)
        return
    end_s = end_of(tls) or 0
    day = datetime.fromtimestamp(end_s, UTC).date().isoformat()
    if end_s <= now_s:
        yield wrong("certificate-ended", day=day, file=tls.cert)
    elif end_s - now_s < SOON_S:
        yield warning("certificate-soon", day=day, file=tls.cert)
    else:
        yield good("certificate-lasts", day=day)
    name = (host or "").rpartition(":")[0] or host
    if name and {name, f"*.{name.partition('.')[2]}"}.isdisjoint(names := _names(tls.cert)):
        yield wrong("certificate-of-another", host=name, names=", ".join(names) or "-")


def _names(cert: Path) -> list[str]:
    """The names that a certificate is for."""
    try:
        found = x509.load_pem_x509_certificate(cert.read_bytes())
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]


def of_port(endpoint: Endpoint, *, running: bool) -> Finding:
    """Whether the server could listen there; ``running``: it does already."""
    try:
        _try(endpoint)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return good("port-ours", address=endpoint) if running else wrong("port-taken", address=endpoint)
        return wrong(_BIND.get(error.errno or 0, "port-unusable"), address=endpoint, why=reason_of(error))
    silent = running and (endpoint.path is not None or endpoint.port)
    return wrong("port-silent", address=endpoint) if silent else good("port-free", address=endpoint)


def _try(endpoint: Endpoint) -> None:
    """Take the address for a moment. A socket's file is not touched: it is asked. Raises `OSError`."""
    if endpoint.path is not None:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(endpoint.path)
            except OSError:
                if not os.access(Path(endpoint.path).parent, os.W_OK):
                    raise OSError(errno.EACCES, os.strerror(errno.EACCES)) from None
                return
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((endpoint.host, endpoint.port))


def of_files(needed: int) -> Finding:
    """Whether a process started from here may hold ``needed`` files."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if most < needed:
        return warning("files-few", most=most, needed=needed)
    return good("files-enough", most=most, needed=needed)


def of_folder(folder: Path) -> Iterator[Finding]:
    """Whether a server can write there, and what is free."""
    if not folder.is_dir():
        yield wrong("folder-missing", folder=folder)
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield wrong("folder-forbidden", folder=folder)
        return
    if folder.stat().st_mode & 0o077:
        yield warning("folder-open", folder=folder)
    usage = shutil.disk_usage(folder)
    disk, free = Disk(usage.total, usage.free), usage.free // 2**20
    if disk.free < disk.reserve:
        yield wrong("disk-short", free=free, folder=folder)
    elif disk.free < 2 * disk.reserve:
        yield warning("disk-soon-short", free=free, folder=folder)
    else:
        yield good("disk-free", free=free, folder=folder)


def of_clock(closed_day: int | None, now_s: float) -> Iterator[Finding]:
    """Whether something keeps the clock right, and whether it fits the day of the record's last epoch."""
    today = int(now_s // 86_400)
    if closed_day is not None and today < closed_day:
        yield wrong("clock-behind", days=closed_day - today)
    elif closed_day is not None and today - closed_day > 30:
        yield warning("clock-ahead", days=today - closed_day)
    kept = _is_kept_right()
    if kept is not None:
        yield good("clock-kept") if kept else warning("clock-alone")


def _is_kept_right() -> bool | None:
    """Whether the kernel knows of something that keeps its clock right; None where it does not say."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    state = -1 if adjtimex is None else adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    return None if state < 0 else state != _TIME_ERROR


def uri_to_look(file: Path) -> str:
    """Opens a database without making a file: where there is no write-ahead log, SQLite must not begin one."""
    mode = "mode=ro" if file.with_name(f"{file.name}-wal").exists() else "mode=ro&immutable=1"
    return f"file:{file}?{mode}"


def of_database(file: Path) -> Iterator[Finding]:
    """Whether SQLite can read the database to its end. A large one is only opened."""
    try:
        if not file.exists():
            return
    except PermissionError:  # of the folder: it hides whether there is such a file
        yield wrong("file-forbidden", file=file)
        return
    if not os.access(file, os.R_OK | os.W_OK):
        yield wrong("file-forbidden", file=file)
        return
    began = time.monotonic()
    try:
        with closing(sqlite3.connect(uri_to_look(file), uri=True)) as reader:
            question = "PRAGMA quick_check(1)" if file.stat().st_size <= _WHOLE else "PRAGMA schema_version"
            told = str(reader.execute(question).fetchone()[0])
    except sqlite3.Error as error:
        yield wrong("database-damaged", file=file, why=name_of(error))
        return
    if question.endswith("(1)") and told != "ok":
        yield wrong("database-damaged", file=file, why="SQLITE_CORRUPT")
    else:
        yield good("database-sound", file=file, seconds=int(time.monotonic() - began))
