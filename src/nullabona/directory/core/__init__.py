"""The directory's decisions: pure functions of a request, the known state of its handle, and the day."""
