"""Wiping what was received: a connection's buffer keeps its last message until another overwrites it.

The buffer belongs to picows, which hands it out to be read. What lies there would tell whoever seizes the process which
box a connection spoke of last, and the secret that ties that box's bells together (spec/relay.md §4.4).
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


_get: Final = ctypes.pythonapi.PyObject_GetBuffer
_get.argtypes = (ctypes.py_object, ctypes.POINTER(_Buffer), ctypes.c_int)
_release: Final = ctypes.pythonapi.PyBuffer_Release
_release.argtypes = (ctypes.POINTER(_Buffer),)
_release.restype = None


def wipe(view: memoryview) -> None:
    """Overwrite the bytes below ``view`` with zeros, though it is to be read only.

    For memory that somebody lent and that nothing reads again; never for a view of `bytes`, which others may hold.
    """
    buffer = _Buffer()
    _get(view, ctypes.byref(buffer), 0)
    try:
        ctypes.memset(buffer.buf or 0, 0, buffer.len)
    finally:
        _release(ctypes.byref(buffer))
