"""The one door to obstore: requests to a bucket, and the check of its settings when a relay starts (decision 0053).

obstore says in its errors what it asked and what the server answered, and a server repeats there who signed. So no text
of an error is passed on, only its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, S3Store

from nullabona.machine.opening import opening
from nullabona.relay.bucket import Bucket, Credentials
from nullabona.relay.store.interface import ObjectStoreFailed

T = TypeVar("T")
_CONNECT: Final = timedelta(seconds=5)
_ANSWER: Final = timedelta(seconds=20)
_RETRIES: Final = 3
_RETRIED: Final = timedelta(seconds=30)


class S3Objects:
    """`Objects` in an obstore store, below ``prefix``."""

    def __init__(self, store: ObjectStore, prefix: str = "") -> None:
        self._store = store
        self._prefix = prefix

    def put(self, name: str, data: bytes) -> None:
        self._try(lambda: obstore.put(self._store, self._prefix + name, data, use_multipart=False))

    def get(self, name: str) -> bytes | None:
        return self._found(lambda: obstore.get(self._store, self._prefix + name).bytes())

    def begin(self, name: str, size: int) -> bytes | None:
        return self._found(lambda: obstore.get_range(self._store, self._prefix + name, start=0, end=size))

    def names(self, prefix: str) -> list[str]:
        found = self._try(
            lambda: [each["path"] for page in obstore.list(self._store, self._prefix + prefix) for each in page]
        )
        return [path.removeprefix(self._prefix) for path in found]

    def delete(self, names: Sequence[str]) -> None:
        if names:
            self._try(lambda: obstore.delete(self._store, [self._prefix + name for name in names]))

    def _found(self, call: Callable[[], obstore.Bytes]) -> bytes | None:
        def found() -> bytes | None:
            try:
                return bytes(call())
            except FileNotFoundError:
                return None

        return self._try(found)

    @staticmethod
    def _try(call: Callable[[], T]) -> T:
        """Raises `ObjectStoreFailed`."""
        try:
            return call()
        except (BaseError, OSError, ValueError) as error:
            kind = type(error).__name__
        # Raised out here, so that not even a traceback or a debugger shows what obstore said.
        raise ObjectStoreFailed(f"the object store failed: {kind}")


def connect(bucket: Bucket, credentials: Credentials) -> S3Objects:
    """The bucket's objects; nothing is asked yet. Raises `PathUnusable`."""
    options: obstore.store.ClientConfig = {
        "allow_http": not bucket.endpoint.secure,
        "connect_timeout": _CONNECT,
        "timeout": _ANSWER,
    }
    if bucket.ca is not None:
        with opening(bucket.ca):
            options["root_certificate"] = bucket.ca.read_bytes()
    url = str(bucket.endpoint).rstrip("/")
    store = S3Store(
        bucket.name,
        endpoint=url,
        aws_endpoint_url_s3=url,  # else the environment's would go before
        skip_signature=False,
        region=bucket.region,
        virtual_hosted_style_request=False,
        client_options=options,
        retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRIED},
        credential_provider=_provider(credentials),
    )
    return S3Objects(store, bucket.prefix)


def _provider(credentials: Credentials) -> Callable[[], obstore.store.S3Credential]:
    """A function and no settings: the store's ``config`` would show those, and take more from the environment."""
    said: obstore.store.S3Credential = {
        "access_key_id": credentials.access_key,
        "secret_access_key": credentials.secret_key,
        "expires_at": None,
    }
    if credentials.token is not None:
        said["token"] = credentials.token
    return lambda: said
