"""Every file that the program keeps on a person's own device: nobody else has it. A test compares it with real ones."""

from __future__ import annotations

from typing import Final

from nullabona.wire.data_held import DataFile

_PROFILE: Final = "while the profile exists"
_OWN: Final = "the person's own, encrypted"
_RUNNING: Final = "while the app runs"

DEVICE_FILES: Final = (
    DataFile("<profile>/profile.json", "which profile it is, and how its key is protected", _PROFILE,
             "the person's own"),
    DataFile("<profile>/store.db", "everything the device knows: messages, keys, contacts, files", _PROFILE, _OWN),
    DataFile("<profile>/store.db-wal", "SQLite's write-ahead log of it", "while the profile is open", _OWN),
    DataFile("<profile>/generation", "how far the profile has come, so that an old copy is noticed", _PROFILE, _OWN),
    DataFile("<profile>/lock", "empty; held by the one process that has the profile open", _PROFILE, "none"),
    DataFile(".<profile>.app/app.lock", "empty; held by the one process that is the profile's app", _PROFILE, "none"),
    DataFile(".<profile>.app/app.json", "language and theme of the lock screen, whether the 24 words were checked and "
             "the account registered, the relay chosen before there is one, the port of a relay for trying, whether "
             "nothing is to be notified, whether the start at log-in was offered", _PROFILE, "the person's own"),
    DataFile(".<profile>.app/relay/", "what a relay keeps, of the one that the person runs here for trying", _PROFILE,
             "as on a relay"),
    DataFile(".<profile>.app/pages.json", "the port of the app, and digests of the random keys of open pages",
             _PROFILE, "none"),
    DataFile(".<profile>.app/app.sock", "where a second start finds the running app", _RUNNING, "none"),
    DataFile(".<profile>.app/open-<hex>.html", "lets the person's browser in, once", "until used, two minutes at most",
             "secret of the person"),
)  # fmt: skip
