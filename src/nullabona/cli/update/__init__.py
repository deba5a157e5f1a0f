"""``nulla update``: what is new, and how this machine gets it."""
