"""The account's own devices: which there are, what they are called, and what waits to be told to them."""
