"""What a witness decides: pure functions and values."""
