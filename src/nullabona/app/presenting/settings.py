"""What the person chose, as the page shows it."""

from __future__ import annotations

from nullabona.app.protocol import views as v
from nullabona.client.api import Preferences


def to_settings(chosen: Preferences, language: v.Language) -> v.Settings:
    """``language`` is used if none was chosen."""
    return v.Settings(
        language=chosen.language or language,
        theme=chosen.theme,
        receipts=chosen.receipts,
        typing=chosen.typing,
        notify=chosen.notify,
        quiet_hours=chosen.quiet_hours,
        default_timer_s=chosen.default_timer_s or 0,
        lock_minutes=chosen.lock_minutes or 0,
        enter_sends=chosen.enter_sends,
    )
