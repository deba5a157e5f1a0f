"""What the relay decides: pure functions and values; time and randomness are arguments (spec/relay.md)."""
