"""The headers of every answer, and the few kinds of content that are ever served."""

from __future__ import annotations

from typing import Final

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types svelte-trusted-html"
)
PERMISSIONS: Final = (
    "microphone=(self), camera=(self), geolocation=(), display-capture=(), usb=(), serial=(), hid=(), "
    "payment=(), midi=(), browsing-topics=()"
)
SAFE: Final[tuple[tuple[str, str], ...]] = (
    ("Content-Security-Policy", CSP),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Permissions-Policy", PERMISSIONS),
)
"""On every answer."""
_ISOLATION: Final = frozenset({"Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy"})
LOCKED_PAGE: Final = tuple((name, value) for name, value in SAFE if name not in _ISOLATION)
"""On the page for the lock, which shows nothing of the person. Browsers show no isolated page and another one in the
same process, and end a process that shows nothing any more."""
JSON: Final = "application/json"
ANY: Final = "application/octet-stream"
STATIC: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}
"""Media types by file ending; other files are not served."""
