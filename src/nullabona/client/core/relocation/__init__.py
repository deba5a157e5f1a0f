"""Moves a room to another relay, and searches for it at other relays."""
