"""One request: its officer, its context, and its answer."""
