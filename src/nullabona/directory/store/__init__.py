"""The directory's store: one small interface with two implementations, SQLite and memory."""
