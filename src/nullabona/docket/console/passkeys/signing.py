"""An officer signs each action with their own passkey, over the exact action (spec/console.md §5)."""

from __future__ import annotations

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from nullabona.docket.console.passkeys.refusals import PasskeyRefused
from nullabona.docket.console.passkeys.webauthn import Assertion, read_assertion, verify_assertion
from nullabona.docket.console.rules.origin import Site
from nullabona.docket.console.rules.session import ACTION_S
from nullabona.docket.console.store.records import Passkey
from nullabona.docket.console.store.rows import ConsoleRows
from nullabona.docket.core import acts
from nullabona.wire.canonical import canonical

_NONCE_SIZE: Final = 32


def key_id_of(credential_id: bytes) -> str:
    """The desk's key id of a passkey."""
    return urlsafe_b64encode(credential_id).rstrip(b"=").decode()


def credential_id_of(key_id: str) -> bytes:
    """The inverse of `key_id_of`. Raises `PasskeyRefused`."""
    try:
        return urlsafe_b64decode(key_id + "=" * (-len(key_id) % 4))
    except ValueError:
        raise PasskeyRefused("this is not the name of a passkey") from None


def credential_of(passkey: Passkey) -> acts.Credential:
    """A passkey as a credential of the desk."""
    return acts.Credential(
        key_id=key_id_of(passkey.credential_id),
        kind="webauthn",
        public=passkey.public_key,
        label=passkey.label,
        sign_count=passkey.sign_count,
    )


def for_the_desk(assertion: Assertion) -> acts.Assertion:
    """An authenticator's signature in the form that the desk keeps, so that anyone can verify it later."""
    payload = json.dumps(
        {
            "authenticatorData": key_id_of(assertion.authenticator_data),
            "clientDataJSON": key_id_of(assertion.client_data),
            "signature": key_id_of(assertion.signature),
        }
    )
    return acts.Assertion(kind="webauthn", key_id=key_id_of(assertion.credential_id), payload=payload.encode())


class VerifyPasskey:
    """The desk's `VerifyAssertion` for passkeys: the officer uses the key, and its counter has grown."""

    def __init__(self, site: Site, store: ConsoleRows) -> None:
        self._site = site
        self._store = store

    def __call__(self, credential: acts.Credential, challenge: bytes, assertion: acts.Assertion) -> int:
        """Raises `PasskeyRefused` or `SignCountWentBack`."""
        raw = credential_id_of(credential.key_id)
        try:
            said = json.loads(assertion.payload)
        except ValueError:
            raise PasskeyRefused("the signature cannot be read") from None
        found = read_assertion({"rawId": assertion.key_id, "response": said})
        if found.credential_id != raw:
            raise PasskeyRefused("the signature is by another passkey")
        return self.check(found, challenge, credential.public, credential.sign_count)

    def check(self, assertion: Assertion, challenge: bytes, public: bytes, count: int = 0) -> int:
        """Store and return the new counter. Raises `PasskeyRefused` or `SignCountWentBack`."""
        passkey = self._store.passkey(assertion.credential_id)
        if passkey is None or passkey.aside or passkey.public_key != public:
            raise PasskeyRefused("this passkey does not sign here")
        new = verify_assertion(self._site, assertion, challenge, public, max(count, passkey.sign_count))
        self._store.count_use(passkey.credential_id, new)
        return new


def own_act(action: str, officer: str, about: str, now_s: int) -> bytes:
    """The canonical bytes of an action on the console itself, signed like an action on a case."""
    return canonical(
        {
            "about": about,
            "action": action,
            "expires_s": now_s + ACTION_S,
            "nonce": secrets.token_bytes(_NONCE_SIZE).hex(),
            "officer": officer,
            "where": "console",
            "v": 1,
        }
    )
