"""Overwrites what was received: freed memory keeps its contents until something else is written there.

A connection's buffer belongs to picows, which hands it out to be read. Its contents would tell somebody who seizes the
process which box a connection spoke of last, and the secret that ties that box's wake tokens together (spec/relay.md
§4.4).
"""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar, Final


class _Buffer(ctypes.Structure):
    """``Py_buffer`` of CPython's stable ABI (PEP 688, C API "Buffer Protocol")."""

    _fields_: ClassVar[Any] = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.c_void_p),
        ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p),
        ("internal", ctypes.c_void_p),
    ]


_VIEW: Final = _Buffer()
_AT: Final = ctypes.addressof(_VIEW)
_get: Final = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_void_p, ctypes.c_int)(
    ("PyObject_GetBuffer", ctypes.pythonapi)
)
_fill: Final = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)(
    ("memset", ctypes.pythonapi)
)
_DATA: Final = bytes.__basicsize__ - 1
"""Where the contents of `bytes` begin (CPython's `PyBytesObject`, which ends with a zero)."""
_release: Final = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)(("PyBuffer_Release", ctypes.pythonapi))


def wipe(view: memoryview) -> None:
    """Overwrite the bytes below ``view`` with zeros, though it is to be read only.

    For memory that somebody lent and that nothing reads again; never for a view of `bytes`, which others may hold.
    Called on the loop only: every call uses the same `_VIEW`.
    """
    _get(view, _AT, 0)
    try:
        _fill(_VIEW.buf, 0, _VIEW.len)
    finally:
        _release(_AT)


def wipe_secret(secret: bytes) -> None:
    """Overwrite `bytes` with zeros. Only for what was made for one request, which nobody holds or reads any more."""
    size = len(secret)
    if size > 1:  # Python has one object for all `bytes` of length 1 that are equal
        _fill(id(secret) + _DATA, 0, size)
