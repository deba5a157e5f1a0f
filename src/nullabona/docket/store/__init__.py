"""What the desk keeps: one SQLite database whose own triggers refuse what one person alone may not do."""
