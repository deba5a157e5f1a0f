"""Requests and responses: every value comes back as it went, any other bytes are refused, limits hold on both sides."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nullabona.errors import Malformed
from nullabona.wire.map_messages import EpochsListed, EpochStep, LeavesShown, ListEpochs, ShowLeaves
from nullabona.wire.messages import (
    MAX_ACTIVITY_DIGESTS,
    MAX_BLOB_CHUNK,
    MAX_CARD,
    MAX_FRAME,
    MAX_READ_LIMIT,
    MAX_TOKEN,
    MAX_WAIT_S,
    MAX_WAKE_TOKENS,
    SALT_SIZE,
    WAKE_TOKEN_SIZE,
    ActivityDigests,
    AnyRequest,
    AnyResponse,
    Append,
    Appended,
    AwaitWake,
    Blob,
    CardFound,
    CardTaken,
    DeleteCard,
    DescribeLog,
    Done,
    FollowActivity,
    Frames,
    GetBlob,
    HandleProof,
    HandleWatched,
    LogDescribed,
    LogFile,
    LookupCard,
    PollActivity,
    PublishCard,
    PutBlob,
    Read,
    Refusal,
    Trim,
    WatchHandle,
    WatchStep,
    decode_request,
    decode_response,
    encode,
)

KEY = bytes(range(32))
secrets = st.binary(min_size=32, max_size=32)
seqs = st.integers(0, 2**53)
policies = st.integers(0, 1)
tokens = st.lists(st.binary(max_size=256), max_size=16).map(tuple)
wakes = st.none() | st.tuples(secrets, st.integers(1, MAX_WAKE_TOKENS))
requests: st.SearchStrategy[AnyRequest] = st.one_of(
    st.builds(Append, policies, secrets, secrets, st.binary(min_size=1, max_size=99), tokens, wakes),
    st.builds(AwaitWake, st.binary(min_size=WAKE_TOKEN_SIZE, max_size=WAKE_TOKEN_SIZE), st.integers(0, MAX_WAIT_S)),
    st.builds(PollActivity, seqs, st.integers(0, MAX_WAIT_S)),
    st.builds(FollowActivity, seqs),
    st.builds(Read, policies, secrets, secrets, seqs, st.integers(1, MAX_READ_LIMIT), st.integers(0, MAX_WAIT_S)),
    st.builds(Trim, policies, secrets, secrets, seqs),
    st.builds(PutBlob, secrets, st.binary(min_size=1, max_size=99), tokens),
    st.builds(GetBlob, secrets),
    st.builds(PublishCard, st.binary(min_size=1, max_size=99), st.binary(max_size=99)),
    st.builds(LookupCard, st.text(min_size=1, max_size=64)),
    st.builds(DeleteCard, st.binary(min_size=1, max_size=99)),
    st.builds(WatchHandle, st.text(min_size=1, max_size=64), seqs),
    st.just(DescribeLog()),
    st.builds(LogFile, st.text(min_size=1, max_size=128)),
    st.builds(ListEpochs, seqs),
    st.builds(ShowLeaves, seqs, st.booleans(), st.binary(max_size=32)),
)
hashes = st.lists(secrets, max_size=4).map(tuple)
labels = st.binary(min_size=80, max_size=80)
proofs = st.builds(
    HandleProof, labels, st.binary(max_size=16), seqs, hashes, st.lists(secrets, max_size=2).map(tuple), seqs, hashes,
    st.binary(max_size=99), st.binary(max_size=32),
)  # fmt: skip
epochs = st.builds(EpochStep, secrets, seqs, st.binary(max_size=32), st.none() | st.binary(max_size=99))
steps = st.builds(
    WatchStep, seqs, st.none() | st.tuples(st.binary(max_size=16), seqs, st.binary(max_size=32)), st.integers(0, 256),
    st.binary(max_size=32), hashes, st.lists(secrets, max_size=2).map(tuple),
    st.binary(max_size=32),
)  # fmt: skip
digests = st.tuples(st.binary(min_size=SALT_SIZE, max_size=SALT_SIZE), st.binary(max_size=99))
responses: st.SearchStrategy[AnyResponse] = st.one_of(
    st.builds(Appended, seqs, st.binary(max_size=8)),
    st.builds(Frames, st.binary(max_size=8), seqs, st.lists(st.tuples(seqs, st.binary(max_size=99))).map(tuple)),
    st.just(Done()),
    st.builds(Blob, st.binary(max_size=99)),
    st.builds(CardFound, st.binary(max_size=99), proofs, st.binary(max_size=99)),
    st.builds(CardTaken, st.binary(max_size=99)),
    st.builds(HandleWatched, labels, st.binary(max_size=99), seqs, st.lists(steps, max_size=3).map(tuple)),
    st.builds(LogDescribed, st.text(max_size=99), st.binary(max_size=99), hashes, hashes, st.binary(max_size=99)),
    st.builds(ActivityDigests, seqs, st.lists(digests, max_size=9).map(tuple)),
    st.builds(EpochsListed, st.binary(max_size=99), seqs, st.lists(epochs, max_size=3).map(tuple)),
    st.builds(LeavesShown, secrets, seqs, st.binary(max_size=32), hashes, st.binary(max_size=99)),
    st.builds(Refusal, st.text(max_size=32), st.integers(0, 604_800)),
)


def test_the_question_about_all_activity_is_three_bytes() -> None:
    """For other implementations: an array of tag 14 and the number of the last digest that one has."""
    assert b"\x92\x0e\x05" == encode(FollowActivity(5))
    assert FollowActivity(2**47) == decode_request(b"\x92\x0e\xcf\x00\x00\x80\x00\x00\x00\x00\x00")
    for wrong in (b"\x91\x0e", b"\x92\x0e\xff", b"\x92\x0e\xcf" + b"\xff" * 8):
        with pytest.raises(Malformed):
            decode_request(wrong)


@given(requests)
def test_requests_come_back(request: AnyRequest) -> None:
    """decode(encode(x)) == x, and the type is kept."""
    back = decode_request(encode(request))
    assert (type(request), request) == (type(back), back)


@given(responses)
def test_responses_come_back(response: AnyResponse) -> None:
    """decode(encode(x)) == x, and the type is kept."""
    back = decode_response(encode(response))
    assert (type(response), response) == (type(back), back)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_or_malformed(data: bytes) -> None:
    """Nothing but a value of this protocol or `Malformed` comes out."""
    for decode in (decode_request, decode_response):
        try:
            message = decode(data)
        except Malformed:
            continue
        assert message == decode(encode(message))


def test_what_was_refused_is_not_echoed() -> None:
    """The refusal says nothing of the bytes: they may hold somebody's secrets."""
    for decode in (decode_request, decode_response):
        with pytest.raises(Malformed) as refused:
            decode(b"\x93\x05secret")
        assert "secret" not in str(refused.value)


@given(requests, st.data())
def test_a_cut_request_is_malformed(request: AnyRequest, data: st.DataObject) -> None:
    """No proper prefix of a message is one, and nothing may follow it."""
    whole = encode(request)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(Malformed):
        decode_request(whole[:cut])
    with pytest.raises(Malformed):
        decode_request(whole + b"\0")


LIMITS: list[tuple[list[Any], list[Any]]] = [
    ([1, 0, KEY, KEY, bytes(MAX_FRAME), [], None], [1, 0, KEY, KEY, bytes(MAX_FRAME + 1), [], None]),
    ([1, 1, KEY, KEY, b"x", [], None], [1, 2, KEY, KEY, b"x", [], None]),
    ([1, 0, KEY, KEY, b"x", [], None], [1, 0, KEY, KEY, b"", [], None]),
    ([1, 0, KEY, KEY, b"x", [], None], [1, 0, KEY[:31], KEY, b"x", [], None]),
    ([1, 0, KEY, KEY, b"x", [], None], [1, 0, KEY, KEY + b"x", b"x", [], None]),
    ([1, 0, KEY, KEY, b"x", [bytes(256)] * 16, None], [1, 0, KEY, KEY, b"x", [b""] * 17, None]),
    ([1, 0, KEY, KEY, b"x", [bytes(256)], None], [1, 0, KEY, KEY, b"x", [bytes(257)], None]),
    ([2, 0, KEY, KEY, 2**53, 1, 0], [2, 0, KEY, KEY, 2**53 + 1, 1, 0]),
    ([2, 0, KEY, KEY, 0, 1, 0], [2, 0, KEY, KEY, -1, 1, 0]),
    ([2, 0, KEY, KEY, 0, MAX_READ_LIMIT, 0], [2, 0, KEY, KEY, 0, MAX_READ_LIMIT + 1, 0]),
    ([2, 0, KEY, KEY, 0, 1, MAX_WAIT_S], [2, 0, KEY, KEY, 0, 1, MAX_WAIT_S + 1]),
    ([2, 0, KEY, KEY, 0, 1, 0], [2, 0, KEY, KEY, 0, 0, 0]),
    ([4, KEY, bytes(MAX_BLOB_CHUNK), []], [4, KEY, bytes(MAX_BLOB_CHUNK + 1), []]),
    ([6, bytes(MAX_CARD), b""], [6, bytes(MAX_CARD + 1), b""]),
    ([6, b"x", bytes(MAX_TOKEN)], [6, b"x", bytes(MAX_TOKEN + 1)]),
    ([7, "x" * 64], [7, "x" * 65]),
    ([7, "x"], [7, ""]),
    ([8, bytes(4_096)], [8, bytes(4_097)]),
    ([9, "x" * 64, 0], [9, "x" * 65, 0]),
    ([9, "x", 2**53], [9, "x", 2**53 + 1]),
    ([11, "x" * 128], [11, "x" * 129]),
    ([1, 0, KEY, KEY, b"x", [], [KEY, 1]], [1, 0, KEY, KEY, b"x", [], [KEY, 0]]),
    ([1, 0, KEY, KEY, b"x", [], [KEY, MAX_WAKE_TOKENS]], [1, 0, KEY, KEY, b"x", [], [KEY, MAX_WAKE_TOKENS + 1]]),
    ([1, 0, KEY, KEY, b"x", [], [KEY, 1]], [1, 0, KEY, KEY, b"x", [], [KEY[:31], 1]]),
    ([12, bytes(WAKE_TOKEN_SIZE), MAX_WAIT_S], [12, bytes(WAKE_TOKEN_SIZE), MAX_WAIT_S + 1]),
    ([12, bytes(WAKE_TOKEN_SIZE), 0], [12, bytes(WAKE_TOKEN_SIZE - 1), 0]),
    ([12, bytes(WAKE_TOKEN_SIZE), 0], [12, bytes(WAKE_TOKEN_SIZE + 1), 0]),
    ([13, 2**53, 0], [13, 2**53 + 1, 0]),
    ([13, 0, 0], [13, -1, 0]),
    ([13, 0, MAX_WAIT_S], [13, 0, MAX_WAIT_S + 1]),
    ([10], [14]),
    ([5, KEY], [5, "text"]),
]


@pytest.mark.parametrize("pair", LIMITS, ids=lambda pair: str(pair[0][0]))
def test_limits_hold_on_both_sides(pair: tuple[list[Any], list[Any]]) -> None:
    """The largest allowed value decodes; one more is malformed."""
    inside, outside = (msgspec.msgpack.encode(fields) for fields in pair)
    assert inside == encode(decode_request(inside))
    with pytest.raises(Malformed):
        decode_request(outside)


DIGEST = [bytes(SALT_SIZE), b"mark"]
OUTSIDE: list[list[Any]] = [
    [1, 2**53 + 1, b""],
    [1, 0, bytes(9)],
    [6, "x" * 33, 0],
    [6, "x", 604_801],
    [10, 2**53 + 1, [DIGEST]],
    [10, 0, [[bytes(SALT_SIZE - 1), b"mark"]]],
    [10, 0, [[bytes(SALT_SIZE + 1), b"mark"]]],
    [10, 0, [DIGEST] * (MAX_ACTIVITY_DIGESTS + 1)],
    [11],
]


@pytest.mark.parametrize("outside", OUTSIDE, ids=lambda outside: str(outside[0]))
def test_response_limits(outside: list[Any]) -> None:
    """Answers beyond the limits are malformed."""
    with pytest.raises(Malformed):
        decode_response(msgspec.msgpack.encode(outside))


def test_the_largest_answer_of_digests_decodes() -> None:
    """As many activity digests as an answer may hold, and the last number."""
    signed = [bytes(64), [bytes(33)] * MAX_ACTIVITY_DIGESTS, bytes(32), bytes(32)]
    inside = msgspec.msgpack.encode([10, 2**53, [DIGEST] * MAX_ACTIVITY_DIGESTS, *signed])
    assert inside == encode(decode_response(inside))


def test_nothing_secret_is_in_a_repr() -> None:
    """A message that ends up in a log shows its kind only."""
    assert "<Append>" == repr(Append(0, KEY, KEY, b"frame"))
    assert "<Blob>" == repr(Blob(b"data"))


def test_depth_is_bounded() -> None:
    """Nesting that would exhaust the stack is malformed."""
    with pytest.raises(Malformed):
        decode_request(b"\x91" * 100_000)
