"""A bare prototype of the relay's shape: the ceiling that the product is held against (server.py)."""
