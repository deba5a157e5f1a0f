"""The device's encrypted store and what guards it. Decides nothing about rooms or messages."""

from nullabona.client.store.sqlite_store import SqliteStore

__all__ = ["SqliteStore"]
