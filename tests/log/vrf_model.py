"""ECVRF-EDWARDS25519-SHA512-TAI in plain integers and affine points, slowly: shares no code with ours."""

from __future__ import annotations

from hashlib import sha512

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]
BY = 4 * pow(5, -1, P) % P


def _x_of(y: int, sign: int) -> int | None:
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def decode(data: bytes) -> Point | None:
    number = int.from_bytes(data, "little")
    y, sign = number & (2**255 - 1), number >> 255
    x = _x_of(y, sign) if y < P else None
    return None if x is None else (x, y)


def encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def add(one: Point, two: Point) -> Point:
    (x1, y1), (x2, y2) = one, two
    product = D * x1 * x2 * y1 * y2 % P
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P,
    )


def times(count: int, point: Point) -> Point:
    found: Point = (0, 1)
    while count:
        if count & 1:
            found = add(found, point)
        point, count = add(point, point), count >> 1
    return found


def minus(point: Point) -> Point:
    return (-point[0] % P, point[1])


_x = _x_of(BY, 0)
assert _x is not None
BASE: Point = (_x, BY)


def _to_curve(public: bytes, alpha: bytes) -> Point:
    for count in range(256):
        found = decode(sha512(b"\x03\x01" + public + alpha + bytes([count]) + b"\x00").digest()[:32])
        if found is not None and times(8, found) != (0, 1):
            return times(8, found)
    raise AssertionError


def _challenge(points: list[Point]) -> int:
    return int.from_bytes(sha512(b"\x03\x02" + b"".join(map(encode, points)) + b"\x00").digest()[:16], "little")


def prove(secret: bytes, alpha: bytes) -> tuple[bytes, bytes]:
    """The public key and the proof."""
    digest = sha512(secret).digest()
    x = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
    public = times(x, BASE)
    point = _to_curve(encode(public), alpha)
    gamma = times(x, point)
    k = int.from_bytes(sha512(digest[32:] + encode(point)).digest(), "little") % Q
    c = _challenge([public, point, gamma, times(k, BASE), times(k, point)])
    s = (k + c * x) % Q
    return encode(public), encode(gamma) + c.to_bytes(16, "little") + s.to_bytes(32, "little")


def verify(public: bytes, alpha: bytes, proof: bytes) -> bytes:
    """The output; an assertion fails if the proof does not hold."""
    key, gamma = decode(public), decode(proof[:32])
    c, s = int.from_bytes(proof[32:48], "little"), int.from_bytes(proof[48:], "little")
    assert key is not None
    assert gamma is not None
    assert s < Q
    point = _to_curve(public, alpha)
    u = add(times(s, BASE), minus(times(c, key)))
    v = add(times(s, point), minus(times(c, gamma)))
    assert c == _challenge([key, point, gamma, u, v])
    return sha512(b"\x03\x03" + encode(times(8, gamma)) + b"\x00").digest()


def add_encoded(one: bytes, two: bytes) -> bytes:
    """The sum of two points, as bytes."""
    left, right = decode(one), decode(two)
    assert left is not None
    assert right is not None
    return encode(add(left, right))
