"""One request: who makes it, what it works with, and the answer."""
