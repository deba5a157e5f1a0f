"""What the crate is asked for, by device, and whether an honest device ever uses a ratchet position twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from hashlib import sha256
from typing import Any, Final

import pytest

from nullabona.client.core.group.unfollowed import UNFOLLOWED
from nullabona.client.core.model.errors import MlsRefused
from nullabona.client.mls import Mls, MlsGroup

_WATCHED: Final[tuple[tuple[type, str], ...]] = (
    (MlsGroup, "process"), (MlsGroup, "commit"), (MlsGroup, "encrypt"), (Mls, "join_external"), (Mls, "open_welcome"),
)  # fmt: skip


@dataclass
class Watch:
    """``calls``: how often which device (by name) asked for what. ``names``: theirs, by identity."""

    calls: Counter[str]
    names: dict[bytes, str]
    honest: set[bytes]
    """Identities of those whose messages must each have a ratchet position of its own."""
    noise: set[tuple[bytes, bytes]] = field(default_factory=set)
    """(identity, hash) of commits whose path secrets say nothing to that device: it alone cannot follow them."""
    _sealed: set[bytes] = field(default_factory=set)
    _opened: set[tuple[bytes, bytes]] = field(default_factory=set)

    @contextmanager
    def on(self) -> Iterator[list[bytes]]:
        """Watch; yields hashes of honest messages that came as new and yet at a position that was used before."""
        reused: list[bytes] = []
        with pytest.MonkeyPatch.context() as patch:
            for owner, name in _WATCHED:
                patch.setattr(owner, name, self._counting(getattr(owner, name), name, reused))
            yield reused

    def _counting(self, real: Callable[..., Any], name: str, reused: list[bytes]) -> Callable[..., Any]:
        @wraps(real)
        def counted(this: Any, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - as the real one
            who: bytes = getattr(this, "_owner", this).identity
            self.calls[f"{self.names.get(who, '?')} {name}"] += 1
            try:
                made = real(this, *args, **named)
            except MlsRefused as refused:
                if name == "process" and refused.reason == "duplicate":
                    self._refused(who, sha256(args[0]).digest(), reused)
                raise
            if name == "encrypt" and who in self.honest:
                self._sealed.add(sha256(made).digest())
            elif name == "process":
                digest = sha256(args[0]).digest()
                self._opened.add((who, digest))
                if made.kind == "commit" and (who, digest) in self.noise:
                    raise MlsRefused("the path secrets of a commit do not open", UNFOLLOWED)
            return made

        return counted

    def _refused(self, who: bytes, message: bytes, reused: list[bytes]) -> None:
        """Who forges a place in somebody's ratchet that was used is refused so as well: that is no reuse."""
        if message in self._sealed and (who, message) not in self._opened:
            reused.append(message)
