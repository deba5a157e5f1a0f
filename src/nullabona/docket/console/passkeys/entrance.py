"""Signing in: an active officer's passkey, with user verification, answers a fresh challenge once."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final, Protocol

from nullabona.docket.console.passkeys.refusals import PasskeyRefused, SignatureSpent, TooOften
from nullabona.docket.console.passkeys.sealing import SECRET_SIZE, unseal_identity
from nullabona.docket.console.passkeys.webauthn import Assertion, assertion_options, read_assertion, verify_assertion
from nullabona.docket.console.rules.challenge import NONCE_SIZE, challenge_is_fresh, make_challenge
from nullabona.docket.console.rules.origin import Site
from nullabona.docket.console.rules.session import CHALLENGE_S
from nullabona.docket.console.rules.throttle import Throttle
from nullabona.docket.console.store.records import Passkey
from nullabona.docket.console.store.rows import ConsoleRows

_STRANGERS: Final = "strangers"
_SIGN_IN: Final = "sign-in"


class Register(Protocol):
    """What signing in needs from the desk."""

    def admitted(self, passkey: Passkey) -> bool:
        """Whether two officers admitted this key and its officer is active."""
        ...


@dataclass(frozen=True, slots=True)
class Entered:
    """The officer who signed in, and the identity that their authenticator unsealed."""

    officer: str
    identity: str = field(repr=False)


@dataclass(slots=True)
class Spent:
    """Answered challenges that have not expired yet."""

    _until: OrderedDict[bytes, int] = field(default_factory=OrderedDict)

    def spend(self, challenge: bytes, now_s: int) -> None:
        """Raises `SignatureSpent` if the challenge was spent before."""
        for old in [key for key, until_s in self._until.items() if until_s < now_s]:
            del self._until[old]
        key = sha256(challenge).digest()
        if key in self._until:
            raise SignatureSpent("this answer was given before")
        self._until[key] = now_s + CHALLENGE_S + 1


class Entrance:
    """Signing in, for officers."""

    def __init__(self, site: Site, store: ConsoleRows, register: Register) -> None:
        self._site = site
        self._store = store
        self._register = register
        self._key = secrets.token_bytes(32)
        self._spent = Spent()
        self._throttle = Throttle()

    def options(self, now_s: int) -> dict[str, Any]:
        """The WebAuthn options for signing in: no officer is named, and nothing is stored."""
        challenge = make_challenge(self._key, secrets.token_bytes(NONCE_SIZE), now_s, _SIGN_IN)
        return assertion_options(self._site, challenge)

    def enter(self, said: Mapping[str, Any], now_s: int) -> Entered:
        """Raises `PasskeyRefused`, `SignatureSpent`, `SignCountWentBack`, `PasskeyUnsuitable` or `TooOften`."""
        assertion = read_assertion(_credential(said))
        passkey = self._store.passkey(assertion.credential_id)
        who = passkey.credential_id if passkey is not None else _STRANGERS
        if wait_s := self._throttle.wait_s(who, now_s):
            raise TooOften(wait_s)
        try:
            entered = self._check(assertion, passkey, said, now_s)
        except Exception:
            self._throttle.wrong(who, now_s)
            raise
        self._throttle.right(who)
        return entered

    def _check(self, assertion: Assertion, passkey: Passkey | None, said: Mapping[str, Any], now_s: int) -> Entered:
        if passkey is None or passkey.aside or not self._register.admitted(passkey):
            raise PasskeyRefused("no officer signs in with this passkey")
        if not challenge_is_fresh(self._key, assertion.challenge, now_s, _SIGN_IN):
            raise SignatureSpent("this answer comes too late")
        count = verify_assertion(self._site, assertion, assertion.challenge, passkey.public_key, passkey.sign_count)
        self._spent.spend(assertion.challenge, now_s)
        self._store.count_use(passkey.credential_id, count)
        identity = unseal_identity(passkey.sealed, read_secret(said), passkey.credential_id)
        return Entered(passkey.officer, identity)


def _credential(said: Mapping[str, Any]) -> Mapping[str, Any]:
    found = said.get("credential")
    if not isinstance(found, dict):
        raise PasskeyRefused("what the browser sent is no assertion")
    return found


def read_secret(said: Mapping[str, Any]) -> bytes:
    """The output of the authenticator's PRF. Raises `PasskeyRefused`."""
    text = said.get("secret")
    try:
        secret = urlsafe_b64decode(text + "=" * (-len(text) % 4)) if isinstance(text, str) else b""
    except ValueError:
        secret = b""
    if len(secret) != SECRET_SIZE:
        raise PasskeyRefused("the authenticator gave no secret that opens cases")
    return secret
