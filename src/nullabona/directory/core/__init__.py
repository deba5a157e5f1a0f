"""What the directory decides: pure functions of a request, what is known of its handle, and the day."""
