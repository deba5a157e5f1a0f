"""What the directory keeps, behind one small interface with two implementations: SQLite and memory."""
