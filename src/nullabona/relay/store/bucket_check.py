"""What a relay asks of its bucket before it serves: that it answers, and that it keeps nothing that is deleted.

obstore speaks of objects only, so the bucket's settings are asked for here: four signed GETs without a body, as AWS's
Signature Version 4 has them. A server that does not know a setting cannot have it set.
"""

from __future__ import annotations

import hmac
import http.client
import re
import secrets
import time
from hashlib import sha256
from typing import Final
from xml.etree import ElementTree as ET

from nullabona.errors import UserError
from nullabona.machine.failures import reason_of
from nullabona.machine.tls import client_context
from nullabona.relay.bucket import Bucket, Credentials
from nullabona.relay.store.interface import StoreFailed
from nullabona.relay.store.objects import Objects

_TIMEOUT_S: Final = 20
_MOST: Final = 2**20
_ABSENT: Final = frozenset({404, 405, 501})
"""What servers answer about a setting that is not there, or that they do not know."""
_HARMLESS: Final = frozenset({"ID", "Status", "Filter", "Prefix", "AbortIncompleteMultipartUpload"})
"""Parts of a lifecycle rule that leave whole objects alone."""


class BucketUnusable(UserError):
    """The bucket cannot be used: it is not there, or not for these credentials."""

    code = "bucket-unusable"
    default_hint = "check endpoint, bucket, region and credentials in [blobs], and that the S3 server runs"


class BucketKeepsDeleted(UserError):
    """The bucket would keep blobs that the relay deletes, or take away or move those that it keeps."""

    code = "bucket-keeps-deleted"
    default_hint = (
        "use a new bucket without versioning, object lock, replication and lifecycle rules (a rule may end uploads "
        "that were not completed, and objects that are older than the relay keeps them)"
    )


def check_bucket(bucket: Bucket, credentials: Credentials, objects: Objects, kept_days: int) -> None:
    """Write, read and delete an object, and look at the bucket's settings.

    ``kept_days``: so many days after it was written no blob is kept any more. Raises `BucketUnusable` or
    `BucketKeepsDeleted`.
    """
    _try_out(bucket, objects)
    check_settings(bucket, credentials, objects, kept_days)


def check_settings(bucket: Bucket, credentials: Credentials, objects: Objects, kept_days: int) -> None:
    """As `check_bucket`, without changing anything."""
    try:
        objects.names("check/")
    except StoreFailed as error:
        raise _unusable(bucket, error) from None
    asker = _Asker(bucket, credentials)
    if _texts(asker.ask("versioning"), "Status"):  # suspended: what was kept before that stays, and deletions are dated
        raise BucketKeepsDeleted(
            f"the bucket {bucket.name} keeps versions of objects, so nothing is ever deleted in it"
        )
    if "Enabled" in _texts(asker.ask("object-lock"), "ObjectLockEnabled"):
        raise BucketKeepsDeleted(f"the bucket {bucket.name} locks objects, so nothing can be deleted in it")
    if "Enabled" in _texts(asker.ask("replication"), "Status"):
        raise BucketKeepsDeleted(f"the bucket {bucket.name} is copied into another one, which keeps what is deleted")
    if rule := _harmful(asker.ask("lifecycle"), kept_days):
        raise BucketKeepsDeleted(f"the bucket {bucket.name} has a lifecycle rule of its own: {rule}")


def _try_out(bucket: Bucket, objects: Objects) -> None:
    name, data = f"check/{secrets.token_hex(16)}", secrets.token_bytes(64)
    try:
        objects.put(name, data)
        read = objects.get(name)
        objects.delete([name])
        gone = objects.get(name) is None
    except StoreFailed as error:
        raise _unusable(bucket, error) from None
    if read != data:
        raise BucketUnusable(f"the bucket {bucket.name} at {bucket.endpoint} does not give back what was written")
    if not gone:
        raise BucketKeepsDeleted(f"the bucket {bucket.name} still has an object that was deleted")


def _unusable(bucket: Bucket, error: StoreFailed) -> BucketUnusable:
    return BucketUnusable(f"the bucket {bucket.name} at {bucket.endpoint} cannot be used: {error.message}")


class _Asker:
    """Asks for a bucket's settings."""

    def __init__(self, bucket: Bucket, credentials: Credentials) -> None:
        self._bucket = bucket
        self._credentials = credentials

    def ask(self, setting: str) -> ET.Element | None:
        """What the server says of a setting, or None if there is no such setting. Raises `BucketUnusable`."""
        address = self._bucket.endpoint
        path, region = f"/{self._bucket.name}", self._bucket.region
        headers = signed(address.authority, path, setting, region, self._credentials, time.gmtime())
        try:
            if address.secure:
                context = client_context(self._bucket.ca)
                connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                    address.host, address.port, timeout=_TIMEOUT_S, context=context
                )
            else:
                connection = http.client.HTTPConnection(address.host, address.port, timeout=_TIMEOUT_S)
            try:
                connection.request("GET", f"{path}?{setting}=", headers=headers)
                answer = connection.getresponse()
                status, body = answer.status, answer.read(_MOST)
            finally:
                connection.close()
        except OSError as error:
            raise BucketUnusable(f"{address} cannot be asked about the bucket: {reason_of(error)}") from None
        except http.client.HTTPException as error:
            raise BucketUnusable(f"{address} does not speak HTTP as it should: {type(error).__name__}") from None
        if status in _ABSENT:
            return None
        if status != 200:
            raise BucketUnusable(
                f"{address} does not say whether the bucket {self._bucket.name} has {setting}: {status}",
                hint="let the credentials read the bucket's versioning, object lock, replication and lifecycle",
            )
        return _parsed(body, self._bucket)


def signed(
    host: str,
    path: str,
    setting: str,
    region: str,
    credentials: Credentials,
    now: time.struct_time,
    *,
    method: str = "GET",
    body: bytes = b"",
) -> dict[str, str]:
    """The headers of a signed request about a bucket's setting (AWS Signature Version 4)."""
    at, day = time.strftime("%Y%m%dT%H%M%SZ", now), time.strftime("%Y%m%d", now)
    content = sha256(body).hexdigest()
    headers = {"host": host, "x-amz-content-sha256": content, "x-amz-date": at}
    if credentials.token is not None:
        headers["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    request = f"{method}\n{path}\n{setting}=\n{lines}\n{names}\n{content}"
    scope = f"{day}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{at}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    sign = f"Credential={credentials.access_key}/{scope},SignedHeaders={names},Signature={key.hex()}"
    return {**headers, "authorization": f"AWS4-HMAC-SHA256 {sign}"}


def _parsed(body: bytes, bucket: Bucket) -> ET.Element | None:
    if not body.strip():
        return None
    try:
        return ET.fromstring(body)  # noqa: S314 - of the operator's own server, and bounded
    except ET.ParseError:
        raise BucketUnusable(f"{bucket.endpoint} says of the bucket's settings what is no XML") from None


def _local(element: ET.Element) -> str:
    return re.sub(r"^\{[^}]*\}", "", element.tag)


def _texts(root: ET.Element | None, name: str) -> set[str]:
    """What the elements of this name say, in whatever namespace; not empty."""
    found = () if root is None else root.iter()
    return {text for each in found if _local(each) == name and (text := (each.text or "").strip())}


def _harmful(root: ET.Element | None, kept_days: int) -> str:
    """What a lifecycle rule does that a relay cannot bear; empty if none does anything of the kind."""
    for rule in () if root is None else [each for each in root.iter() if _local(each) == "Rule"]:
        if _texts(rule, "Status") != {"Enabled"}:
            continue
        for part in rule:
            if _local(part) in _HARMLESS:
                continue
            days = [text for each in part if _local(each) == "Days" and (text := each.text or "").isdecimal()]
            late = len(part) == 1 and len(days) == 1 and int(days[0]) > kept_days
            if _local(part) != "Expiration" or not late:
                return _local(part)
    return ""
