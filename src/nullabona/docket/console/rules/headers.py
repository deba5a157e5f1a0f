"""The headers of every answer (spec/console.md §3)."""

from __future__ import annotations

from typing import Final

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
PERMISSIONS: Final = (
    "publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=(), "
    "display-capture=(), usb=(), serial=(), hid=(), payment=(), midi=(), browsing-topics=(), clipboard-read=()"
)
SAFE: Final[tuple[tuple[str, str], ...]] = (
    ("Content-Security-Policy", CSP),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),  # with "no-referrer", browsers send forms with "Origin: null"
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Origin-Agent-Cluster", "?1"),
    ("Permissions-Policy", PERMISSIONS),
    ("X-Robots-Tag", "noindex, nofollow"),
)
"""On every answer."""
STRICT_TRANSPORT: Final = ("Strict-Transport-Security", "max-age=63072000")
"""Added if the console is reached by https."""
CLEAR: Final = ("Clear-Site-Data", '"cache", "cookies", "storage"')
"""At sign-out."""
KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Media types by file ending; other files are not served."""
