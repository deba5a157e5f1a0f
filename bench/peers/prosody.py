"""Prosody, without an archive and with one in SQLite."""

from __future__ import annotations

from pathlib import Path

from bench.peers.found import debian_version, program
from bench.peers.interface import About
from bench.peers.process import Process
from bench.peers.xmpp import XmppSession
from nullabona.processes.ports import free_port

CONFIG = """run_as_root = true
daemonize = false
pidfile = "{folder}/prosody.pid"
data_path = "{folder}"
log = {{ warn = "*stderr" }}
interfaces = {{ "127.0.0.1" }}
c2s_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
s2s_ports = {{ }}
component_ports = {{ }}
http_ports = {{ }}
https_ports = {{ }}
network_backend = "epoll"
modules_enabled = {{ "roster", "saslauth", "disco", "ping", "register_ibr", "offline" {modules} }}
modules_disabled = {{ "s2s", "tls", "http", "admin_shell", "admin_socket" }}
allow_registration = true
registration_throttle_max = 0
min_seconds_between_registrations = 0
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_hashed"
archive_expires_after = "never"
default_archive_policy = true
max_archive_query_results = 250
network_settings = {{ read_size = 65536 }}
{storage}
VirtualHost "localhost"
Component "conference.localhost" "muc"
    {muc}
    muc_room_default_public = true
"""
SQL = """storage = { archive = "sql", muc_log = "sql" }
sql = { driver = "SQLite3", database = "archive.sqlite" }
"""


class RunningProsody:
    """A server process."""

    def __init__(self, folder: Path, core: int, *, archive: bool) -> None:
        self._port = free_port()
        self._archive = archive
        config = folder.parent / f"{folder.name}.cfg.lua"
        text = CONFIG.format(
            folder=folder,
            port=self._port,
            modules=', "mam"' if archive else "",
            storage=SQL if archive else 'storage = "internal"',
            muc='modules_enabled = { "muc_mam" }' if archive else "",
        )
        config.write_text(text)
        self.process = Process([program("prosody"), "--config", config, "-F"], folder, core)
        self.process.wait_port(self._port)

    def session(self) -> XmppSession:
        return XmppSession(self._port, archive=self._archive)


class Prosody:
    """Prosody with hashed passwords, its default."""

    def __init__(self, *, archive: bool) -> None:
        self._archive = archive
        self.about = (
            About("prosody-mam", "mod_mam and mod_muc_mam in SQLite with its defaults", "nothing is answered; archived"
                  " before delivery, synced", durable=True)
            if archive
            else About("prosody", "no archive; offline messages in files", "nothing is answered", durable=False)
        )  # fmt: skip

    def version(self) -> str:
        version = debian_version("prosody")
        if self._archive:
            debian_version("lua-dbi-sqlite3")
        return f"Prosody {version}"

    def start(self, folder: Path, core: int) -> RunningProsody:
        return RunningProsody(folder, core, archive=self._archive)
