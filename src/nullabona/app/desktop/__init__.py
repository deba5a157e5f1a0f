"""What the person's desktop shows while no page does: notifications, the number of unread messages, a tray icon.

On Linux over the session bus, as freedesktop.org's specifications say. A service on that bus is whatever program of the
same user took its name; what is accepted from whom is in `nullabona.app.desktop.bus` (spec/app.md §8).
"""
