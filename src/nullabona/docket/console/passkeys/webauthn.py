"""The only use of py_webauthn: makes options for authenticators and verifies their answers (WebAuthn Level 3 §7).

User verification is always required, attestation is never requested, and a signature is checked against one
challenge, one origin and one key. Exceptions of the library are translated here.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_authenticator_data, parse_client_data_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from nullabona.docket.console.passkeys.refusals import PasskeyRefused, PasskeyUnsuitable, SignCountWentBack
from nullabona.docket.console.rules.origin import Site

ALGORITHMS: Final = [COSEAlgorithmIdentifier.EDDSA, COSEAlgorithmIdentifier.ECDSA_SHA_256]
_TIMEOUT_MS: Final = 120_000


@dataclass(frozen=True, slots=True)
class Registered:
    """A new passkey, verified."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Assertion:
    """An authenticator's signature, checked only for form until `verify_assertion` returns."""

    credential_id: bytes
    challenge: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes


def creation_options(site: Site, officer: str, name: str, challenge: bytes, known: Sequence[bytes]) -> dict[str, Any]:
    """The options to create a passkey for ``officer`` on an authenticator that holds none of ``known``."""
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name="nullabona legal desk",
        user_name=officer,
        user_id=officer.encode(),
        user_display_name=name,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    return _as_json(options_to_json(options))


def assertion_options(site: Site, challenge: bytes, known: Sequence[bytes] = ()) -> dict[str, Any]:
    """The options to have ``challenge`` signed by one of ``known``, or by any passkey of this site."""
    options = generate_authentication_options(
        rp_id=site.rp_id,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _as_json(options_to_json(options))


def verify_registration(site: Site, credential: Mapping[str, Any], challenge: bytes, *, synced: bool) -> Registered:
    """A new passkey. Raises `PasskeyRefused`, or `PasskeyUnsuitable` for a copied one unless ``synced``."""
    try:
        found = verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    except Exception as error:
        raise PasskeyRefused("the new passkey cannot be verified") from error
    if found.credential_device_type is CredentialDeviceType.MULTI_DEVICE and not synced:
        raise PasskeyUnsuitable("this passkey would be copied to other devices by somebody else's service")
    return Registered(found.credential_id, found.credential_public_key, found.sign_count)


def read_challenge(credential: Mapping[str, Any]) -> bytes:
    """The challenge that a registration claims to answer."""
    try:
        return parse_client_data_json(base64url_to_bytes(str(credential["response"]["clientDataJSON"]))).challenge
    except Exception as error:
        raise PasskeyRefused("what the browser sent is no passkey") from error


def read_assertion(credential: Mapping[str, Any]) -> Assertion:
    """The browser's answer, parsed strictly but not verified. Raises `PasskeyRefused`."""
    try:
        response = credential["response"]
        client_data = base64url_to_bytes(response["clientDataJSON"])
        said = json.loads(client_data)
        if said.get("crossOrigin") not in (None, False) or "topOrigin" in said:
            raise ValueError("framed")  # noqa: TRY301 - one way out for everything that is not as it should be
        return Assertion(
            credential_id=base64url_to_bytes(credential["rawId"]),
            challenge=parse_client_data_json(client_data).challenge,
            client_data=client_data,
            authenticator_data=base64url_to_bytes(response["authenticatorData"]),
            signature=base64url_to_bytes(response["signature"]),
        )
    except Exception as error:
        raise PasskeyRefused("what the browser sent is no assertion") from error


def verify_assertion(site: Site, assertion: Assertion, challenge: bytes, public_key: bytes, count: int) -> int:
    """The new counter of an authenticator that signed ``challenge``. Raises `PasskeyRefused` or `SignCountWentBack`."""
    try:
        new = parse_authenticator_data(assertion.authenticator_data).sign_count
        verify_authentication_response(
            credential=_credential(assertion),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise PasskeyRefused("the signature is not by this passkey, or the person was not verified") from error
    except Exception as error:
        raise PasskeyRefused("the assertion cannot be read") from error
    if (new or count) and new <= count:
        raise SignCountWentBack("this authenticator has counted less than before")
    return new


def _credential(assertion: Assertion) -> dict[str, Any]:
    return {
        "id": _base64url(assertion.credential_id),
        "rawId": _base64url(assertion.credential_id),
        "type": "public-key",
        "response": {
            "clientDataJSON": _base64url(assertion.client_data),
            "authenticatorData": _base64url(assertion.authenticator_data),
            "signature": _base64url(assertion.signature),
        },
    }


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _as_json(text: str) -> dict[str, Any]:
    found = json.loads(text)
    assert isinstance(found, dict)
    return found
