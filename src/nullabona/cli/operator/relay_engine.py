"""``nulla relay engine``: set up, look at and take apart the nodes that keep the boxes of several relays."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from nullabona.cli.checking.telling import tell
from nullabona.cli.help import group
from nullabona.cli.operator.relay_options import as_engine, as_serving
from nullabona.cli.operator.relay_settings import refusals, settings_from
from nullabona.cli.output import emit, line, note
from nullabona.cli.settings import settings_of, spoken
from nullabona.machine.settings import BadConfig
from nullabona.operating.engine.files import (
    PLACE,
    STATE,
    add_node_files,
    commands_that_add,
    commands_that_form,
    plan_of,
    write_engine_files,
)
from nullabona.operating.engine.leaving import Patience, drain_node
from nullabona.operating.engine.looking import check_engine
from nullabona.operating.engine.node import Reach
from nullabona.relay.config import engine_of
from nullabona.relay.shelves.engine.access import OPERATOR
from nullabona.relay.shelves.engine.driver import EngineAddress
from nullabona.relay.shelves.engine.settings import NEEDED

_MIB: Final = 2**20


@group()
def engine() -> None:
    """Set up and look after an engine: nodes that keep boxes in memory for several relays."""


@engine.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--node", "nodes", multiple=True, required=True, metavar="HOST:PORT",
              help="A node, as relays and other nodes reach it; named once for each node.")  # fmt: skip
@click.option("--replicas", type=click.IntRange(0, 5), default=1, show_default=True, metavar="N",
              help="How many replicas each primary gets.")  # fmt: skip
@click.option("--memory", type=click.IntRange(min=1), default=4_096, show_default=True, metavar="MIB",
              help="How much memory each node may use for boxes. The machine needs half as much again.")  # fmt: skip
@click.option("--server", type=click.Choice(["7.0", "7.2"]), default="7.2", show_default=True,
              help="Version of valkey-server or redis-server at least.")  # fmt: skip
@click.option("--place", type=click.Path(path_type=Path), default=PLACE, show_default=True, metavar="DIR",
              help="Where the files of a node will be on its machine, in a folder of its port.")  # fmt: skip
@click.option("--state", type=click.Path(path_type=Path), default=STATE, show_default=True, metavar="DIR",
              help="Where a node keeps its map of the cluster, in a folder of its port.")  # fmt: skip
@spoken
@click.pass_context
def init(context: click.Context, /, *, folder: Path, nodes: tuple[str, ...], replicas: int, memory: int,
         server: str, place: Path, state: Path) -> None:  # fmt: skip
    """Write the files of a new engine's nodes into the new FOLDER, and print the commands that form the cluster.

    For each node its configuration, users, certificate and key; for relays a configuration and passwords. Nothing is
    started and no machine is asked. Copy each folder of nodes/ to its machine, start all nodes, then type what is
    printed. Passwords and keys have mode 0600: keep authority.key and passwords/operator where no relay is.
    """
    said = settings_of(context)
    with refusals(said):
        plan = plan_of(nodes, replicas=replicas, memory=memory * _MIB, newer=server != "7.0", place=place, state=state)
        written = [str(path) for path in write_engine_files(plan, folder)]
        commands = commands_that_form(plan, folder)
        if said.as_json:
            emit({"files": written, "commands": commands})
            return
        note(said, "engine-files-written", count=len(written), folder=folder)
        for text in commands:
            line(text)


@engine.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.argument("node", metavar="HOST:PORT")
@click.option("--shard", is_flag=True, help="As a new shard, to which slots are moved. Default: a replica.")
@spoken
@click.pass_context
def add(context: click.Context, /, *, folder: Path, node: str, shard: bool) -> None:
    """Write the files of one more node into the FOLDER that `init` made, and print the commands that add it.

    For a replica more, a machine that takes the place of a lost one, or, with --shard, more room. Copy the node's
    folder to its machine and start it, then type what is printed. Name it in the relays' configuration as well.
    """
    said = settings_of(context)
    with refusals(said):
        plan, files = add_node_files(folder, node)
        commands = commands_that_add(plan, folder, node, shard=shard)
        if said.as_json:
            emit({"files": [str(path) for path in files], "commands": commands})
            return
        note(said, "engine-files-written", count=len(files), folder=folder)
        for text in commands:
            line(text)


@engine.command()
@spoken
@click.pass_context
def settings(context: click.Context, /) -> None:
    """Print the lines that the configuration file of every node of an engine needs.

    Addresses, certificates, passwords and users are not among them: see spec/engine.md, or let `init` write all of it.
    """
    said = settings_of(context)
    for each in NEEDED:
        text = f"{each.name} {each.value or chr(34) * 2}"
        emit({"setting": each.name, "value": each.value}) if said.as_json else line(text)


@engine.command()
@as_serving
@spoken
@click.pass_context
def check(context: click.Context, /, *, config: Path | None, **flags: Any) -> None:  # noqa: ANN401 - as click gives them
    """Say for every node of an engine what is wrong with it, with the options that `serve` will get.

    Asks each node as a relay would: settings, users' rights, TLS, functions, replicas, slots, memory. Changes nothing.
    Exit code 1: something is wrong. A warning alone does not make it fail.
    """
    said = settings_of(context)
    with refusals(said):
        tell(said, check_engine(_engine(config, flags)))


@engine.command()
@click.argument("node", metavar="HOST:PORT")
@click.option("--operator-password", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE",
              help="File with the password of the engine's user 'operator'.")  # fmt: skip
@click.option("--timeout", type=click.IntRange(min=1), default=60, show_default=True,
              help="How many seconds to wait until another node has taken its place, once its replicas have "
                   "followed for long enough.")  # fmt: skip
@as_engine
@spoken
@click.pass_context
def drain(context: click.Context, /, *, node: str, operator_password: Path, timeout: int, config: Path | None,
          **flags: Any) -> None:  # noqa: ANN401 - as click gives them  # fmt: skip
    """Have a replica take the place of the node at HOST:PORT, and say when it may be stopped.

    People wait for less than a second, and no frame is lost. A node that is a replica already may be stopped at once.
    Exit code 1: it must not be stopped.
    """
    said = settings_of(context)
    with refusals(said):
        address = _engine(config, flags)
        operator = Reach.of(address.authority, OPERATOR, operator_password)
        seeds = [f"{host}:{port}" for host, port in address.nodes]
        tell(said, drain_node(node, seeds, operator, Patience(timeout)))


def _engine(config: Path | None, flags: dict[str, Any]) -> EngineAddress:
    address = engine_of(settings_from(config, flags))
    if address is None:
        raise BadConfig("no engine is named", hint="give --engine and its files, or --config with a relay's settings")
    return address
