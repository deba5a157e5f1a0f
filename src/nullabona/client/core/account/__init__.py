"""The account's own devices: which there are, their names, and what waits to be sent to them."""
