"""The settings of who may register at a directory, and the tokens that its operator makes (spec/directory.md §13)."""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from nullabona.directory.core.limits import Limits, Rate
from nullabona.directory.core.registering import LONGEST_DAYS, Admission, Registration
from nullabona.errors import Malformed
from nullabona.log.keys import Kind, SignerKey, parse_vkey
from nullabona.machine.settings import BadConfig
from nullabona.wire.handle import parse_handle
from nullabona.wire.registration import SERIAL_SIZE, issue_token, token_text

KEYS: Final = "registration_keys"
MOST_A_DAY: Final = 10_000_000
_DAY_S: Final = 86_400
_RULES: Final = ", ".join(rule.value for rule in Registration)


def take_admission(settings: dict[str, Any]) -> Admission:
    """Remove the rule and its keys from ``settings``. Raises `BadConfig`."""
    name, keys = settings.pop("registration", None), settings.pop(KEYS, None)
    try:
        rule = Registration(name or Registration.OPEN.value)
    except ValueError:
        raise BadConfig(f"'registration' is one of {_RULES}") from None
    if keys is not None and not isinstance(keys, str):
        raise BadConfig(f"the setting {KEYS} must be a text", hint=f'write {KEYS} = "…"')
    issuers = frozenset[bytes]() if keys is None else _read_issuers(Path(keys))
    if rule is Registration.TOKEN and not issuers:
        raise BadConfig("nobody could register: no key for tokens is named", hint="give --registration-keys FILE")
    return Admission(rule, issuers)


def take_daily(settings: dict[str, Any], limits: Limits) -> Limits:
    """Remove the number of new handles a day from ``settings``, and limit to it. Raises `BadConfig`."""
    most = settings.pop("registrations_per_day", None)
    if most is None:
        return limits
    if type(most) is not int or not 1 <= most <= MOST_A_DAY:
        raise BadConfig(f"'registrations_per_day' is a whole number from 1 to {MOST_A_DAY}")
    slower = min(most / _DAY_S, limits.registrations.per_s)
    return replace(limits, registrations=Rate(burst=min(most, limits.registrations.burst), per_s=slower))


def make_tokens(signer: SignerKey, host: str, *, days: int, count: int) -> list[str]:
    """``count`` new tokens of ``host``, good for ``days`` days from today. Raises `BadConfig` or `HandleHost`."""
    if signer.verifier.kind is not Kind.ED25519:
        raise BadConfig("tokens need a key of the plain kind", hint="make one with `nulla log keygen --no-pq`")
    if not 1 <= days < LONGEST_DAYS:
        raise BadConfig(f"a token is good for 1 to {LONGEST_DAYS - 1} days")
    authority = parse_handle(f"xx@{host}").authority
    until = int(time.time() // _DAY_S) + days
    key = signer.verifier.public_key
    serials = (secrets.token_bytes(SERIAL_SIZE) for _ in range(count))
    return [token_text(issue_token(lambda text: signer.sign(text, 0), key, authority, each, until)) for each in serials]


def _read_issuers(path: Path) -> frozenset[bytes]:
    """The keys in a file: one vkey a line, as `nulla log vkey` prints them."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        found = [parse_vkey(line) for line in lines if line and not line.startswith("#")]
    except (OSError, UnicodeDecodeError):
        raise BadConfig(f"the file of keys for tokens cannot be read: {path}") from None
    except Malformed as error:
        raise BadConfig(f"{path} names a key that is none: {error.message}") from None
    if strange := [key.name for key in found if key.kind is not Kind.ED25519]:
        raise BadConfig(f"the key {strange[0]} in {path} is not of the plain kind (nulla log keygen --no-pq)")
    return frozenset(key.public_key for key in found)
