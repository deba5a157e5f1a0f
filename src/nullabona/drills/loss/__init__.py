"""The drill ``loss``: many people talk, the machine with everything on it is taken, an empty one takes its place."""
