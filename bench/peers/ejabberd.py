"""ejabberd, without an archive and with one in SQLite."""

from __future__ import annotations

from pathlib import Path

from bench.peers.found import debian_version, program
from bench.peers.interface import About
from bench.peers.process import Process
from bench.peers.xmpp import XmppSession
from nullabona.processes.ports import free_port

CONFIG = """hosts: [localhost]
loglevel: error
certfiles: []
auth_method: internal
auth_password_format: plain
registration_timeout: infinity
listen:
  - port: {port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    starttls: false
    shaper: none
    access: all
    backlog: 1024
modules:
  mod_ping: {{}}
  mod_roster: {{}}
  mod_disco: {{}}
  mod_register: {{ip_access: all, access: all, password_strength: 0}}
  mod_muc:
    access: all
    access_create: all
    max_users: 500
    min_message_interval: 0
    default_room_options: {{mam: {archive}, persistent: false}}
{modules}
"""
ARCHIVE = """  mod_mam:
    db_type: sql
    default: always
    assume_mam_usage: true
    request_activates_archiving: false
sql_type: sqlite
sql_database: "{folder}/archive.sqlite"
"""
OFFLINE = """  mod_offline: {}
shaper_rules:
  max_user_offline_messages: 1000000
"""


class RunningEjabberd:
    """An Erlang node without a name, so that no daemon for names is started beside it."""

    def __init__(self, folder: Path, core: int, *, archive: bool) -> None:
        self._port = free_port()
        self._archive = archive
        config = folder.parent / f"{folder.name}.yml"
        modules = ARCHIVE.format(folder=folder) if archive else OFFLINE
        config.write_text(CONFIG.format(port=self._port, archive=str(archive).lower(), modules=modules))
        env = {
            "ERL_LIBS": "/usr/lib/x86_64-linux-gnu",
            "EJABBERD_CONFIG_PATH": str(config),
            "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
            "ERL_CRASH_DUMP": "/dev/null",
            "HOME": str(folder),
        }
        limits = ["+K", "true", "+P", "250000", "+Q", "32000", "+S", "1:1"]
        command = [program("erl"), *limits, "-noinput", "-mnesia", "dir", f'"{folder}"', "-s", "ejabberd"]
        self.process = Process(command, folder, core, env=env)
        self.process.wait_port(self._port)

    def session(self) -> XmppSession:
        return XmppSession(self._port, archive=self._archive)


class Ejabberd:
    """ejabberd with plain passwords, its default."""

    def __init__(self, *, archive: bool) -> None:
        self._archive = archive
        self.about = (
            About("ejabberd-mam", "mod_mam in SQLite with its defaults, no mod_offline", "nothing is answered; archived"
                  " before delivery, synced", durable=True)
            if archive
            else About("ejabberd", "no archive; offline messages in Mnesia", "nothing is answered", durable=False)
        )  # fmt: skip

    def version(self) -> str:
        version = debian_version("ejabberd")
        if self._archive:
            debian_version("erlang-p1-sqlite3")
        return f"ejabberd {version}"

    def start(self, folder: Path, core: int) -> RunningEjabberd:
        return RunningEjabberd(folder, core, archive=self._archive)
