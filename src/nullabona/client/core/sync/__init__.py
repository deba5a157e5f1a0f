"""Keeping up with a room: acknowledgements, putting back what was lost, and ways back in."""
