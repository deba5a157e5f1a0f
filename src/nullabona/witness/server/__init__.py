"""A running witness: sockets, clock, start and stop."""
