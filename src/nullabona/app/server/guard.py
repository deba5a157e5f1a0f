"""Who may talk to the process: tokens, Host and Origin. Decides; holds no socket (spec/app.md §2).

Any program and any web page on this machine may reach a loopback port. So nothing is answered unless Host and Origin
are this server's own, and no data unless the caller holds a working token. Cookies are not used: browsers send them to
every port of a host.
"""

from __future__ import annotations

import hmac
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final

LAUNCH_S: Final = 120.0
"""How long a launch token may wait to be traded."""
MOST_TOKENS: Final = 32
"""Most valid working tokens; a new one drops the oldest."""
BAD_TOKENS: Final = 10
BAD_WINDOW_S: Final = 30.0
"""So many wrong tokens within so many seconds: further ones are told to wait. Right ones never, or any program could
lock the person out."""
_BYTES: Final = 32
_NAVIGATE: Final = "navigate"
_FOREIGN: Final = frozenset({"cross-site", "same-site"})


class Guard:
    """The tokens of one server. ``clock``: a monotonic clock in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._launches: dict[bytes, float] = {}
        self._tokens: deque[bytes] = deque(maxlen=MOST_TOKENS)
        self._bad: deque[float] = deque(maxlen=BAD_TOKENS)
        self._hosts: frozenset[str] = frozenset()
        self._origins: frozenset[str] = frozenset()

    def serve_at(self, port: int) -> None:
        """The port that Host and Origin must name from now on."""
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._origins = frozenset(f"http://{host}" for host in self._hosts)

    # -- from one image of the process to the next

    @property
    def tokens(self) -> list[bytes]:
        """Hashes of the working tokens."""
        return list(self._tokens)

    def take_over(self, tokens: list[bytes]) -> None:
        """Accept these tokens too."""
        self._tokens.extend(tokens)

    # -- where a request comes from -----------------------------------------------------------------------------------

    def knows_host(self, host: str) -> bool:
        """Whether a Host header names this server, exactly; anything else may be a rebound name."""
        return host in self._hosts

    def allows(self, headers: Mapping[str, str], *, changes: bool) -> bool:
        """Whether a request comes from this server's own page. What ``changes`` something must say its origin."""
        origin = headers.get("origin")
        if origin is not None or changes:
            return origin in self._origins
        foreign = headers.get("sec-fetch-site") in _FOREIGN
        return not foreign or headers.get("sec-fetch-mode") == _NAVIGATE

    # -- tokens -------------------------------------------------------------------------------------------------------

    def new_launch(self) -> str:
        """A launch token, good for one trade within `LAUNCH_S`."""
        token = secrets.token_urlsafe(_BYTES)
        self._launches[_digest(token)] = self._clock() + LAUNCH_S
        return token

    def trade(self, launch: str, token: str) -> bool:
        """Make ``token``, which the page chose, a working one for a launch token, which is spent by it.

        False if the launch token is wrong, spent or too old; but a token that works already goes on working, so a page
        that did not hear the answer may say the same again.
        """
        now = self._clock()
        self._launches = {key: until for key, until in self._launches.items() if until > now}
        if (found := _find(self._launches, launch)) is None:
            return self.knows_token(token)
        del self._launches[found]
        self._tokens.append(_digest(token))
        return True

    def admit(self, token: str) -> None:
        """Make ``token`` a working one: its page has come back from the process before."""
        self._tokens.append(_digest(token))

    def knows_token(self, token: str) -> bool:
        """Whether a working token is valid. Wrong ones are counted."""
        if _find(self._tokens, token) is not None:
            return True
        self._note_bad()
        return False

    @property
    def busy_with_guesses(self) -> bool:
        """Whether too many wrong tokens arrived recently; then wrong ones are told to wait."""
        return len(self._bad) >= BAD_TOKENS and self._clock() - self._bad[0] <= BAD_WINDOW_S

    def _note_bad(self) -> None:
        self._bad.append(self._clock())


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()


def _find(known: Mapping[bytes, float] | deque[bytes], token: str) -> bytes | None:
    """The known digest that equals the token's. The time taken depends neither on its position nor on its presence."""
    wanted, found = _digest(token), None
    for digest in known:
        if hmac.compare_digest(digest, wanted):
            found = digest
    return found
