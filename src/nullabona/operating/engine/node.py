"""One connection to one node of an engine, as one of its users.

A relay's driver hides which node answers, and connects again by itself. Who looks after the nodes needs the opposite:
this node, this connection, and its own reason when it refuses.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, TypeAlias

from nullabona.errors import UserError
from nullabona.machine.failures import reason_of
from nullabona.machine.opening import opening

Answer: TypeAlias = bytes | int | list["Answer"] | None

ANSWER_S: Final = 5.0
"""How long one answer may take."""
_MOST: Final = 64 * 2**20


class NodeSilent(UserError):
    """A node cannot be reached, or did not answer in time."""

    code = "engine-node-silent"
    default_hint = "see whether the node runs and whether a firewall is between, then ask again"
    retryable = True


class NodeUnknown(UserError):
    """What answers at a node's address has a certificate that its authority did not sign for that address."""

    code = "engine-node-unknown"
    default_hint = "give the node a certificate of the engine's authority that names its host"


class NodeRefused(UserError):
    """A node refused what it was asked: mostly a user, a password or a right."""

    code = "engine-node-refused"
    default_hint = "compare the node's users.acl and the password files with those that `engine init` wrote"

    def __init__(self, node: str, asked: str, word: str) -> None:
        super().__init__(f"node {node} refused {asked}: {word}")
        self.word = word
        """The first of the node's own words; the others may repeat what it was asked."""


class AuthorityUnusable(UserError):
    """The file with the certificate of an engine's authority is no such certificate."""

    code = "engine-authority-unusable"
    default_hint = "name the PEM certificate that the nodes' own are signed with: `engine init` calls it authority.pem"


@dataclass(frozen=True, slots=True)
class Reach:
    """How nodes are reached: whose certificates they have, and as which user; as nobody if ``user`` is empty."""

    context: ssl.SSLContext
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, authority: Path, user: str, password: Path) -> Reach:
        """With what is in these files. Raises `PathUnusable` or `AuthorityUnusable`."""
        with opening(password):
            said = password.read_text("utf-8").strip()
        with opening(authority):
            pem = authority.read_text("ascii", "replace")
        try:
            context = ssl.create_default_context(cadata=pem)
        except (ssl.SSLError, ValueError) as error:
            raise AuthorityUnusable(f"{authority} has no certificate that can be used") from error
        return cls(context, user, said)

    def as_nobody(self) -> Reach:
        """The same nodes, without a user."""
        return Reach(self.context)

    def open(self, node: str) -> NodeConnection:
        """A connection to the node at ``host:port``. Raises `NodeSilent`, `NodeUnknown` or `NodeRefused`."""
        return NodeConnection(node, self)


class NodeConnection:
    """Asks one node. Use as a context manager."""

    def __init__(self, node: str, reach: Reach) -> None:
        self.node = node
        host, _, port = node.rpartition(":")
        try:
            plain = socket.create_connection((host.strip("[]"), int(port)), ANSWER_S)
            try:
                self._socket = reach.context.wrap_socket(plain, server_hostname=host.strip("[]"))
            except BaseException:
                plain.close()
                raise
        except ssl.SSLCertVerificationError as error:
            raise NodeUnknown(f"node {node} has a certificate that is not accepted: {error.verify_message}") from error
        except OSError as error:
            raise NodeSilent(f"node {node} cannot be reached: {reason_of(error)}") from error
        self._stream: BinaryIO = self._socket.makefile("rb")
        if reach.user:
            try:
                self.ask("AUTH", reach.user, reach.password)
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up. Harmless when repeated."""
        self._stream.close()
        self._socket.close()

    def ask(self, *words: str) -> Answer:
        """The answer to a command. Raises `NodeRefused` or `NodeSilent`."""
        parts = [word.encode() for word in words]
        head = b"*%d\r\n" % len(parts)
        try:
            self._socket.sendall(head + b"".join(b"$%d\r\n%b\r\n" % (len(part), part) for part in parts))
            return self._read(words[0])
        except OSError as error:
            raise NodeSilent(f"node {self.node} does not answer: {reason_of(error)}") from error

    def text(self, *words: str) -> str:
        """The same as text; empty if it is none."""
        answer = self.ask(*words)
        return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else ""

    def info(self, section: str) -> Mapping[str, str]:
        """What INFO says of a section."""
        lines = (line.partition(":") for line in self.text("INFO", section).splitlines())
        return {name: value for name, _, value in lines}

    def settings(self, *names: str) -> Mapping[str, str]:
        """How it is set up."""
        answer = self.ask("CONFIG", "GET", *names)
        said = [part.decode("utf-8", "replace") if isinstance(part, bytes) else "" for part in _listed(answer)]
        return dict(zip(said[::2], said[1::2], strict=False))

    def _read(self, asked: str) -> Answer:
        line = self._stream.readline(_MOST)
        if not line.endswith(b"\r\n"):
            raise NodeSilent(f"node {self.node} hung up")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise NodeRefused(self.node, asked, rest.split(b" ", 1)[0].decode("ascii", "replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._stream.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self._read(asked) for _ in range(int(rest))]
        raise NodeSilent(f"node {self.node} does not speak as an engine does")


def _listed(answer: Answer) -> list[Answer]:
    return answer if isinstance(answer, list) else []
