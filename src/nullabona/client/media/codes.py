"""QR codes as rows of modules: anyone who shows them draws them."""

from __future__ import annotations

from typing import Final

QUIET: Final = 4
"""Light modules around the code, as the standard asks."""
MAX_TEXT: Final = 1_000


def qr_rows(text: str) -> tuple[str, ...]:
    """The code of ``text``, ``1`` dark and ``0`` light, quiet zone included. Raises ValueError if it is too long."""
    if not text or len(text) > MAX_TEXT:
        raise ValueError("a code holds 1 to 1,000 characters")
    import segno

    code = segno.make_qr(text, error="m", boost_error=False)
    return tuple("".join("1" if module else "0" for module in row) for row in code.matrix_iter(border=QUIET))
