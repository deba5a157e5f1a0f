"""Keeping up with a room: acknowledgements, re-appending lost frames, and ways back in."""
