"""The system's keychain, which may keep a database key or a generation. When it fails, nothing else is used instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from nullabona.client.core.model.errors import KeychainFailed

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

# keyring is imported where it is used: it looks for every keychain there is, which most starts can do without.

_SERVICE: Final = "nullabona"


def keychain_read(entry: str) -> str | None:
    """What the keychain keeps under ``entry``, or None if it says that there is nothing. Raises `KeychainFailed`."""
    from keyring.errors import KeyringError

    backend = _backend()
    try:
        return backend.get_password(_SERVICE, entry)
    except (KeyringError, OSError, RuntimeError) as error:
        raise KeychainFailed("the system keychain could not be read") from error


def keychain_write(entry: str, value: str) -> None:
    """Keep ``value``, and read it back: a keychain that forgets is refused. Raises `KeychainFailed`."""
    from keyring.errors import KeyringError

    backend = _backend()
    try:
        backend.set_password(_SERVICE, entry, value)
        kept = backend.get_password(_SERVICE, entry)
    except (KeyringError, OSError, RuntimeError) as error:
        raise KeychainFailed("the system keychain did not take the key") from error
    if kept != value:
        raise KeychainFailed("the system keychain did not keep what it took")


def keychain_delete(entry: str) -> None:
    """Forget ``entry``; harmless if there is none. Raises `KeychainFailed`."""
    from keyring.errors import KeyringError, PasswordDeleteError

    backend = _backend()
    try:
        backend.delete_password(_SERVICE, entry)
    except PasswordDeleteError:
        return
    except (KeyringError, OSError, RuntimeError) as error:
        raise KeychainFailed("the system keychain could not forget the key") from error


def _backend() -> KeyringBackend:
    """The keychain in use. Raises `KeychainFailed` if there is none, or only one that writes secrets to a file."""
    import keyring
    from keyring.backends import chainer, fail, null

    backend = keyring.get_keyring()
    if isinstance(backend, chainer.ChainerBackend):
        backend = next(iter(backend.backends), backend)
    if isinstance(backend, (chainer.ChainerBackend, fail.Keyring, null.Keyring)):
        raise KeychainFailed("this system has no keychain that can be used")
    if type(backend).__module__.startswith("keyrings.alt"):
        raise KeychainFailed("the only keychain found would write the key into an ordinary file")
    return backend
