"""Incoming data by source: rooms, the inbox, the account's other devices, answers of relays.

Each source has one `match` over all that can come by it, so mypy fails for a new kind that a source does not handle.
There is no table of handlers: what they need, when they act and what they return differs too much for one signature.
"""
