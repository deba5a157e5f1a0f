"""Which bucket of an object store a relay keeps its blobs in, and with which credentials (docs/how-to/blobs-in-s3.md).

Only the table ``[blobs]`` of the configuration file says so. Credentials come from a private file or from the
environment, and never show in a ``repr``, an error or a line of the log.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nullabona.errors import UserError
from nullabona.machine.failures import reason_of
from nullabona.machine.http_client import Address, BadUrl, parse_url
from nullabona.machine.keyfile import KeyFileUnusable, read_private
from nullabona.machine.settings import BadConfig, check_keys, typed

KEYS: Final = {
    "endpoint": "URL of the S3 server; https, or http to this machine only",
    "bucket": "name of the bucket, which this relay alone uses below its prefix; on an engine, all its processes",
    "region": "region that requests are signed for (us-east-1)",
    "prefix": "what names of objects begin with; empty, or ending with a slash",
    "credentials": "file in the format of AWS's credentials file, section [default]; without it AWS_ACCESS_KEY_ID, "
                   "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment",
    "ca": "PEM file with the certificates that the server's is checked against, if not those of the system",
    "interval_s": "seconds from one batch of fresh blobs to the next (3,600): an object shows in which of these "
                  "intervals its blob came",
    "wait_in": "where blobs wait for their batch: memory (a crash loses them) or disk (the data directory, whose files "
               "show when they were written); with an engine they wait there",
    "buffer_bytes": "most bytes of blobs that wait for the next batch (1 GiB), on an engine those of all processes; "
                    "beyond them PutBlob is busy",
}  # fmt: skip
PATHS: Final = ("credentials", "ca")
LEAST_INTERVAL_S: Final = 60
MOST_INTERVAL_S: Final = 86_400
LEAST_BUFFER: Final = 16 * 2**20
_HOUR_S: Final = 3_600
_GIB: Final = 2**30
_REGION_USUAL: Final = "us-east-1"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_PREFIX: Final = re.compile(r"([A-Za-z0-9_-]+/)*", re.ASCII)
_PLACE: Final = re.compile(r"memory|disk")
_REGION: Final = re.compile(r"[a-z0-9-]{1,63}", re.ASCII)


class CredentialsMissing(UserError):
    """There are no credentials for the bucket, or the file with them cannot be used."""

    code = "bucket-credentials"
    default_hint = (
        "write aws_access_key_id and aws_secret_access_key under [default] into a file with mode 0600 and name it as "
        "credentials in [blobs], or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )


@dataclass(frozen=True, slots=True)
class Credentials:
    """What requests to the bucket are signed with. They do not show in ``repr``."""

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return "<Credentials>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """The checked table ``[blobs]``."""

    endpoint: Address
    name: str
    region: str = _REGION_USUAL
    prefix: str = ""
    credentials: Path | None = None
    ca: Path | None = None
    interval_s: int = _HOUR_S
    on_disk: bool = False
    """Whether blobs wait for their batch in the data directory, and not in memory."""
    buffer_bytes: int = _GIB


def bucket_of(settings: Mapping[str, Any]) -> Bucket | None:
    """The bucket that ``settings`` name, or None: blobs are files then. Raises `BadConfig`."""
    table = settings.get("blobs")
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise BadConfig("'blobs' must be a table")
    check_keys(table, KEYS, "setting of [blobs]")
    return Bucket(
        endpoint=_endpoint(table),
        name=_text(table, "bucket", _NAME),
        region=_text(table, "region", _REGION, _REGION_USUAL),
        prefix=_text(table, "prefix", _PREFIX, ""),
        credentials=_path(table, "credentials"),
        ca=_path(table, "ca"),
        interval_s=_number(table, "interval_s", _HOUR_S, LEAST_INTERVAL_S, MOST_INTERVAL_S),
        on_disk=_text(table, "wait_in", _PLACE, "memory") == "disk",
        buffer_bytes=_number(table, "buffer_bytes", _GIB, LEAST_BUFFER, 2**40),
    )


def credentials_of(bucket: Bucket, environment: Mapping[str, str] | None = None) -> Credentials:
    """What the file of ``bucket`` says, or the environment if it names none. Raises `CredentialsMissing`."""
    if bucket.credentials is not None:
        return _of_file(bucket.credentials)
    said = os.environ if environment is None else environment
    access, secret = said.get("AWS_ACCESS_KEY_ID"), said.get("AWS_SECRET_ACCESS_KEY")
    if not access or not secret:
        raise CredentialsMissing("there are no credentials for the bucket of [blobs]")
    return Credentials(access, secret, said.get("AWS_SESSION_TOKEN") or None)


def _of_file(path: Path) -> Credentials:
    """The errors of a parser quote the line that is wrong, so they are not even the context of what is raised."""
    try:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(read_private(path).decode("utf-8"))
        said = parser["default"]
        return Credentials(said["aws_access_key_id"], said["aws_secret_access_key"], said.get("aws_session_token"))
    except OSError as error:
        why = f"cannot be read: {reason_of(error)}"
    except KeyFileUnusable:
        why = "may be read by others, or is no file"
    except (configparser.Error, KeyError, UnicodeDecodeError):
        why = "holds no credentials"
    raise CredentialsMissing(f"the credentials file {path} {why}")


def _endpoint(table: Mapping[str, Any]) -> Address:
    url = typed(table, "endpoint", str, default=None)
    if url is None:
        raise BadConfig("the setting endpoint of [blobs] is missing")
    try:
        address = parse_url(url)
    except BadUrl as error:
        raise BadConfig(error.message, hint=error.hint) from error
    if address.path != "/":
        raise BadConfig(f"the endpoint of [blobs] has a path: {url}", hint="the bucket's name goes into bucket")
    return address


def _text(table: Mapping[str, Any], key: str, form: re.Pattern[str], default: str | None = None) -> str:
    value = typed(table, key, str, default=default)
    if value is None:
        raise BadConfig(f"the setting {key} of [blobs] is missing")
    if not form.fullmatch(value):
        raise BadConfig(f"the setting {key} of [blobs] cannot be {value!r}")
    return str(value)


def _path(table: Mapping[str, Any], key: str) -> Path | None:
    value = typed(table, key, str, default=None)
    return None if value is None else Path(value)


def _number(table: Mapping[str, Any], key: str, default: int, least: int, most: int) -> int:
    value = table.get(key, default)
    if type(value) is not int or not least <= value <= most:
        raise BadConfig(f"the setting {key} of [blobs] must be a whole number from {least} to {most}")
    return value
