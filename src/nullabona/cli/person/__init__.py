"""``nulla`` for a person: account, contacts, rooms, messages, backups and the app."""
