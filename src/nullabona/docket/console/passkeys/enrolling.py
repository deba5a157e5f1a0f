"""Applying or recovering with a token: at least two passkeys, each of which seals the officer's identity.

A token alone admits nobody. Its holder registers at least two passkeys and a recipient; two officers then sign that
these belong to a colleague. An unfinished application is kept in memory only.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from nullabona.docket.console.passkeys.entrance import read_secret
from nullabona.docket.console.passkeys.refusals import (
    EnrolmentRefused,
    PasskeyRefused,
    PasskeyUnsuitable,
    SignatureSpent,
    TooFewPasskeys,
    TooOften,
)
from nullabona.docket.console.passkeys.sealing import seal_identity
from nullabona.docket.console.passkeys.webauthn import Registered, creation_options, read_challenge, verify_registration
from nullabona.docket.console.rules.challenge import NONCE_SIZE, challenge_is_fresh, make_challenge
from nullabona.docket.console.rules.origin import Site
from nullabona.docket.console.rules.session import LEAST_PASSKEYS, MOST_PASSKEYS
from nullabona.docket.console.rules.text import typed
from nullabona.docket.console.rules.throttle import Throttle
from nullabona.docket.console.store.records import Applicant, Enrolment, Passkey
from nullabona.docket.console.store.rows import ConsoleRows, hash_token
from nullabona.docket.keeping.vault import new_identity, recipient_of

MOST_BEGUN: Final = 64
LABEL_LONGEST: Final = 40
_TOKENS: Final = "tokens"


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey and its authenticator's PRF secret."""

    registered: Registered
    label: str
    secret: bytes = field(repr=False)

    def sealing(self, officer: str, identity: str, now_s: int) -> Passkey:
        """The row to store, with the identity sealed to this authenticator."""
        found = self.registered
        sealed = seal_identity(identity, self.secret, found.credential_id)
        return Passkey(found.credential_id, officer, self.label, found.public_key, found.sign_count, sealed, now_s)


class Registrar:
    """Creates passkeys: makes the options, and verifies the browser's answer."""

    def __init__(self, site: Site, *, synced: bool) -> None:
        self._site = site
        self._synced = synced
        self._key = secrets.token_bytes(32)

    def options(self, officer: str, name: str, known: tuple[bytes, ...], now_s: int) -> dict[str, Any]:
        """The WebAuthn options to create a passkey of ``officer``."""
        challenge = make_challenge(self._key, secrets.token_bytes(NONCE_SIZE), now_s, f"enrol {officer}")
        return creation_options(self._site, officer, name, challenge, known)

    def made(self, officer: str, said: Mapping[str, Any], now_s: int) -> Made:
        """The passkey that a browser made. Raises `PasskeyRefused`, `PasskeyUnsuitable` or `SignatureSpent`."""
        credential = said.get("credential")
        if not isinstance(credential, dict):
            raise PasskeyRefused("what the browser sent is no passkey")
        challenge = read_challenge(credential)
        if not challenge_is_fresh(self._key, challenge, now_s, f"enrol {officer}"):
            raise SignatureSpent("this passkey was not asked for, or too long ago")
        registered = verify_registration(self._site, credential, challenge, synced=self._synced)
        label = typed(str(said.get("label", "")), LABEL_LONGEST).replace("\n", " ")
        return Made(registered, label or registered.credential_id.hex()[:8], read_secret(said))


class Enrolling:
    """Adding passkeys with a token."""

    def __init__(self, store: ConsoleRows, registrar: Registrar, recipient: Callable[[str], str | None]) -> None:
        self._store = store
        self._registrar = registrar
        self._recipient = recipient
        """An officer's recipient at the desk, or None if the desk does not know them."""
        self._begun: dict[bytes, list[Made]] = {}
        self._throttle = Throttle()

    def look(self, token: str, now_s: int) -> tuple[Enrolment, tuple[str, ...]]:
        """The enrolment of a token, and the authenticators added with it. Raises `EnrolmentRefused`, `TooOften`."""
        found = self._store.enrolment(token, now_s)
        if found is None:
            if wait_s := self._throttle.wait_s(_TOKENS, now_s):
                raise TooOften(wait_s)
            self._throttle.wrong(_TOKENS, now_s)
            raise EnrolmentRefused("this token is wrong, was used, or is too old")
        return found, tuple(made.label for made in self._begun.get(hash_token(token), ()))

    def options(self, token: str, now_s: int) -> dict[str, Any]:
        """The WebAuthn options for another passkey."""
        enrolment, _ = self.look(token, now_s)
        known = tuple(made.registered.credential_id for made in self._begun.get(hash_token(token), ()))
        return self._registrar.options(enrolment.officer, enrolment.name, known, now_s)

    def add(self, token: str, said: Mapping[str, Any], now_s: int) -> int:
        """Add a passkey; return how many there are."""
        enrolment, labels = self.look(token, now_s)
        made = self._registrar.made(enrolment.officer, said, now_s)
        begun = self._begun.get(hash_token(token), [])
        if made.label in labels or len(begun) >= MOST_PASSKEYS:
            raise PasskeyUnsuitable("another authenticator has this name, or there are too many")
        if any(made.registered.credential_id == one.registered.credential_id for one in begun):
            raise PasskeyUnsuitable("this authenticator was added already")
        if len(self._begun) >= MOST_BEGUN:
            self._begun.pop(next(iter(self._begun)))
        self._begun[hash_token(token)] = [*begun, made]
        return len(begun) + 1

    def finish(self, token: str, kept_identity: str, now_s: int) -> str:
        """Submit the application; return the identity. It is shown once; then only the authenticators hold it.

        An officer whom the desk knows enters ``kept_identity``, from paper or a key file. Raises `TooFewPasskeys`,
        `EnrolmentRefused` or `BadIdentity`.
        """
        enrolment, _ = self.look(token, now_s)
        begun = self._begun.get(hash_token(token), [])
        if len(begun) < LEAST_PASSKEYS:
            raise TooFewPasskeys("two authenticators are needed, so that losing one does not lock you out")
        identity, recipient = (kept_identity.strip(), "") if enrolment.known else new_identity()
        recipient = recipient or recipient_of(identity)
        passkeys = [made.sealing(enrolment.officer, identity, now_s) for made in begun]
        if enrolment.known:
            self._check_recovered(enrolment.officer, recipient)
            self._store.recover(token, enrolment.officer, passkeys)
        else:
            self._store.apply(token, Applicant(enrolment.officer, enrolment.name, recipient, now_s), passkeys)
        self._begun.pop(hash_token(token), None)
        return identity

    def _check_recovered(self, officer: str, recipient: str) -> None:
        if self._recipient(officer) != recipient:
            raise EnrolmentRefused(
                "this is not the identity that your cases are sealed to", hint="look for the sheet from your enrolment"
            )
