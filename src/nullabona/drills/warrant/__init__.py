"""The drill ``warrant``: an officer comes with a warrant for one account."""
