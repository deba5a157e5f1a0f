"""Requests and responses, the same bytes over every carrier (spec/relay.md §2).

Each request is self-contained: it carries the secrets that authorise it, never a session or a login. Structs are
MessagePack arrays whose first element is the tag. Decoding never trusts a length: every field is bounded here.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from nullabona.errors import Malformed
from nullabona.wire.map_messages import EpochsListed, LeavesShown, ListEpochs, ShowLeaves
from nullabona.wire.message import MAX_CHECKPOINT, MAX_WATCHED, Digest, Listed, Request, Response, Seq

MAX_FRAME = 65_536
"""Largest frame, in bytes; also the largest padding bucket (spec/frame.md §2)."""
MAX_BLOB_CHUNK = 1_048_576
"""Largest blob chunk, in bytes of ciphertext."""
MAX_CARD = 65_536
"""Largest encoded card, in bytes."""
MAX_TOKEN = 512
"""Largest registration token, in bytes."""
MAX_READ_LIMIT = 1_000
"""Most frames that one read may ask for."""
MAX_WAIT_S = 600
"""Longest time, in whole seconds, that a request may wait."""
WAKE_TOKEN_SIZE = 16
"""Bytes of a wake token (`nullabona.wire.wakes`)."""
ACTIVITY_TAG_SIZE = 4
"""Bytes of an activity tag (`nullabona.wire.wakes`)."""
SALT_SIZE = 8
"""Bytes of an activity digest's salt."""
SIGNATURE_SIZE = 64
"""Bytes of the signature over activity digests."""
MAX_ACTIVITY_DIGESTS = 4_096
"""Most activity digests in one answer."""
MAX_WAKE_TOKENS = 8_192
"""Most wake tokens that one append may wake."""
MAX_REQUEST = MAX_BLOB_CHUNK + 65_536
"""Largest encoded request, in bytes; a carrier refuses more before it decodes."""
MAX_RESPONSE = 4 * 1_048_576
"""Largest encoded response, in bytes; a relay splits a longer read over several answers."""

Policy = Annotated[int, Meta(ge=0, le=1)]
Secret = Annotated[bytes, Meta(min_length=32, max_length=32)]
LabelProof = Annotated[bytes, Meta(min_length=80, max_length=80)]
SignedPromise = Annotated[bytes, Meta(max_length=4_096)]
Incarnation = Annotated[bytes, Meta(max_length=8)]
Wake = tuple[Secret, Annotated[int, Meta(ge=1, le=MAX_WAKE_TOKENS)]]
"""The secret that yields a box's wake tokens, and how many there are."""
Entry = tuple[Annotated[bytes, Meta(max_length=16)], Seq, Annotated[bytes, Meta(max_length=32)]]
"""Nonce, version and digest at a label; version 0: nothing.

The bounds matter: a commitment is to the three in a row, 56 bytes, which with them can be cut in one way only.
"""
Tokens = Annotated[tuple[Annotated[bytes, Meta(max_length=256)], ...], Meta(max_length=16)]

POLICY_ROOM = 0
POLICY_INBOX = 1


class Append(Request, frozen=True, tag=1):
    """Add one frame to a box, and wake the devices that wait for its tokens. Answer: `Appended`, or `Refusal`."""

    policy: Policy
    write_secret: Secret
    read_hash: Digest
    frame: Annotated[bytes, Meta(min_length=1, max_length=MAX_FRAME)]
    tokens: Tokens = ()
    wake: Wake | None = None


class Read(Request, frozen=True, tag=2):
    """Frames with ``seq > after``, oldest first, at most ``limit``.

    Waits up to ``wait_s`` whole seconds if there are none. Answer: `Frames`.
    """

    policy: Policy
    read_secret: Secret
    write_hash: Digest
    after: Seq
    limit: Annotated[int, Meta(ge=1, le=MAX_READ_LIMIT)] = MAX_READ_LIMIT
    wait_s: Annotated[int, Meta(ge=0, le=MAX_WAIT_S)] = 0


class Trim(Request, frozen=True, tag=3):
    """Erase every frame with ``seq <= upto``. Answer: `Done`."""

    policy: Policy
    read_secret: Secret
    write_hash: Digest
    upto: Seq


class PutBlob(Request, frozen=True, tag=4):
    """Keep a ciphertext chunk under its SHA-256. Putting the same chunk again renews its expiry. Answer: `Done`."""

    digest: Digest
    data: Annotated[bytes, Meta(min_length=1, max_length=MAX_BLOB_CHUNK)]
    tokens: Tokens = ()


class GetBlob(Request, frozen=True, tag=5):
    """Answer: `Blob`, or `Refusal` ``not-found``."""

    digest: Digest


class PublishCard(Request, frozen=True, tag=6):
    """Register a handle or replace its card (spec/directory.md). Answer: `CardTaken`, or `Refusal`.

    ``token``: what a new handle needs at a directory that asks for one; see `nullabona.wire.registration`.
    """

    card: Annotated[bytes, Meta(min_length=1, max_length=MAX_CARD)]
    token: Annotated[bytes, Meta(max_length=MAX_TOKEN)] = b""


class LookupCard(Request, frozen=True, tag=7):
    """Answer: `CardFound`, also if there is no card. ``name`` is the local part of a handle."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]


class DeleteCard(Request, frozen=True, tag=8):
    """Delete a card; ``statement`` is signed by its owner (spec/directory.md). Answer: `Done`, or `Refusal`."""

    statement: Annotated[bytes, Meta(min_length=1, max_length=4_096)]


class WatchHandle(Request, frozen=True, tag=9):
    """The record's entry of a handle in each epoch after ``after`` (spec/map.md). Answer: `HandleWatched`."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    after: Seq


class DescribeLog(Request, frozen=True, tag=10):
    """Which log this directory keeps, and how far it is. Answer: `LogDescribed`."""


class LogFile(Request, frozen=True, tag=11):
    """A file of the log's public folder (C2SP tlog-tiles). Answer: `Blob`, or `Refusal` ``not-found``."""

    path: Annotated[str, Meta(min_length=1, max_length=128)]


class AwaitWake(Request, frozen=True, tag=12):
    """Wait up to ``wait_s`` whole seconds until an append wakes a token. Answer: `Frames`, those that were appended.

    Without frames it means: read the box. Until the connection ends, or for a minute after the answer, the relay
    remembers that the token was woken in between, and answers the next `AwaitWake` at once.
    """

    token: Annotated[bytes, Meta(min_length=WAKE_TOKEN_SIZE, max_length=WAKE_TOKEN_SIZE)]
    wait_s: Annotated[int, Meta(ge=0, le=MAX_WAIT_S)]


class PollActivity(Request, frozen=True, tag=13):
    """All activity at this relay after digest ``after``; waits up to ``wait_s`` whole seconds for the next digest.

    Answer: `ActivityDigests`, the same for every client.
    """

    after: Seq
    wait_s: Annotated[int, Meta(ge=0, le=MAX_WAIT_S)]


class FollowActivity(Request, frozen=True, tag=14):
    """All activity at this relay after digest ``after``, from now on; over a WebSocket only.

    Answers: `ActivityDigests`, the same for every client, at once and then as each digest is closed, until the
    connection ends or the client sends another `FollowActivity` or `PollActivity` on it. A `Refusal` is the last one.
    """

    after: Seq


class Appended(Response, frozen=True, tag=1):
    """The frame is kept (durably, unless the relay is volatile) as number ``seq`` of the box, counted from 1."""

    seq: Seq
    incarnation: Incarnation


class Frames(Response, frozen=True, tag=2):
    """Answer to `Read` and to `AwaitWake`.

    ``incarnation`` is 8 random bytes per creation of the box, empty when the box does not exist (or never did).
    ``head`` is the highest seq ever given out in this incarnation, 0 when the box does not exist; a reader whose
    frames do not join up with its position knows that frames were trimmed or expired.
    """

    incarnation: Incarnation
    head: Seq
    frames: Annotated[tuple[tuple[Seq, bytes], ...], Meta(max_length=MAX_READ_LIMIT)]


class Done(Response, frozen=True, tag=3):
    """The request was carried out, or there was nothing left to do."""


class Blob(Response, frozen=True, tag=4):
    """A ciphertext chunk, whose SHA-256 the reader must check; or a file of a log, which the reader must have proven,
    too.
    """

    data: bytes


class HandleProof(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """What proves an answer about a handle (spec/map.md §3): label, way to it, epoch, log, checkpoint.

    ``version`` is 0, and ``nonce`` empty, where there never was anything at the label. ``other`` is a label and a
    commitment, or empty. ``edge`` is the right edge of the log's tree without its newest entry.
    """

    label_proof: LabelProof
    nonce: Annotated[bytes, Meta(max_length=16)]
    version: Seq
    siblings: Annotated[tuple[Digest, ...], Meta(max_length=256)]
    other: Annotated[tuple[Digest, ...], Meta(max_length=2)]
    closed_s: Seq
    edge: Annotated[tuple[Digest, ...], Meta(max_length=64)]
    checkpoint: Annotated[bytes, Meta(max_length=MAX_CHECKPOINT)]
    listed: Listed = b""


class CardFound(Response, frozen=True, tag=5):
    """What the record has for a handle: an encoded card, or none (empty). The reader must verify it (spec/map.md §3).

    With a ``promise``, the card is not in the record yet.
    """

    card: Annotated[bytes, Meta(max_length=MAX_CARD)]
    proof: HandleProof
    promise: SignedPromise = b""


class Refusal(Response, frozen=True, tag=6):
    """The request was not carried out and nothing of it was kept.

    ``code`` is one of spec/relay.md, "Refusals"; ``retry_after_s`` is advice in whole seconds (0: none).
    """

    code: Annotated[str, Meta(max_length=32)]
    retry_after_s: Annotated[int, Meta(ge=0, le=604_800)] = 0


class CardTaken(Response, frozen=True, tag=7):
    """The card is kept. ``promise`` says by which epoch it will be in the record; empty if it is there already."""

    promise: SignedPromise = b""


class WatchStep(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """One epoch of a watched handle (spec/map.md §6).

    ``entry`` is None where it is as in the step before. Of the ``depth`` siblings those are given whose bit in
    ``given`` is set; the others are as before.
    """

    closed_s: Seq
    entry: Entry | None
    depth: Annotated[int, Meta(ge=0, le=256)]
    given: Annotated[bytes, Meta(max_length=32)]
    siblings: Annotated[tuple[Digest, ...], Meta(max_length=256)]
    other: Annotated[tuple[Digest, ...], Meta(max_length=2)] = ()
    listed: Listed = b""


class HandleWatched(Response, frozen=True, tag=8):
    """Answer to a watch: one step for each epoch from ``first`` on; the reader must verify them (spec/map.md §6)."""

    label_proof: LabelProof
    checkpoint: Annotated[bytes, Meta(max_length=MAX_CHECKPOINT)]
    first: Seq
    steps: Annotated[tuple[WatchStep, ...], Meta(max_length=MAX_WATCHED)]


class LogDescribed(Response, frozen=True, tag=9):
    """A directory's log: the policy that its operator asks to hold it to, its genesis entry, its newest checkpoint.

    ``edge`` is the right edge of the whole tree.
    """

    policy: Annotated[str, Meta(max_length=65_536)]
    genesis: Annotated[bytes, Meta(max_length=1_024)]
    genesis_proof: Annotated[tuple[Digest, ...], Meta(max_length=64)]
    edge: Annotated[tuple[Digest, ...], Meta(max_length=64)]
    checkpoint: Annotated[bytes, Meta(max_length=MAX_CHECKPOINT)]


class ActivityDigests(Response, frozen=True, tag=10):
    """The digests from number ``first`` on: of each its salt, and the tags of the boxes that were appended to.

    If ``first`` is not the one after the number asked for, there were digests that are not remembered any more.
    ``signature`` is over the last number and the chain's hash there (`nullabona.log.digest_chain`), by ``key``;
    ``before`` is the hash before the first digest. Who follows is given neither key nor hash again. ``others`` has, for
    each digest, the hash of those tags that are not here; it is empty if no digest lacks any.
    """

    first: Seq
    digests: Annotated[
        tuple[tuple[Annotated[bytes, Meta(min_length=SALT_SIZE, max_length=SALT_SIZE)], bytes], ...],
        Meta(max_length=MAX_ACTIVITY_DIGESTS),
    ]
    signature: Annotated[bytes, Meta(max_length=SIGNATURE_SIZE)] = b""
    others: Annotated[tuple[Annotated[bytes, Meta(max_length=33)], ...], Meta(max_length=MAX_ACTIVITY_DIGESTS)] = ()
    key: Annotated[bytes, Meta(max_length=32)] = b""
    before: Annotated[bytes, Meta(max_length=32)] = b""


AnyRequest: TypeAlias = (
    Append
    | Read
    | Trim
    | PutBlob
    | GetBlob
    | PublishCard
    | LookupCard
    | DeleteCard
    | WatchHandle
    | DescribeLog
    | LogFile
    | AwaitWake
    | PollActivity
    | FollowActivity
    | ListEpochs
    | ShowLeaves
)
AnyResponse: TypeAlias = (
    Appended
    | Frames
    | Done
    | Blob
    | CardFound
    | Refusal
    | CardTaken
    | HandleWatched
    | LogDescribed
    | ActivityDigests
    | EpochsListed
    | LeavesShown
)

_encoder = msgspec.msgpack.Encoder()
_request_decoder: msgspec.msgpack.Decoder[AnyRequest] = msgspec.msgpack.Decoder(AnyRequest)
_response_decoder: msgspec.msgpack.Decoder[AnyResponse] = msgspec.msgpack.Decoder(AnyResponse)


def encode(message: Request | Response) -> bytes:
    """The message's one wire form."""
    return _encoder.encode(message)


def decode_request(data: bytes | bytearray | memoryview) -> AnyRequest:
    """The request in ``data``. Raises `Malformed` for anything else, without echoing the bytes."""
    try:
        return _request_decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not a request of this protocol") from None


def decode_response(data: bytes | bytearray | memoryview) -> AnyResponse:
    """The response in ``data``. Raises `Malformed` for anything else, without echoing the bytes."""
    try:
        return _response_decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Malformed("not a response of this protocol") from None
