"""What was looked at and found, in words: `nulla doctor`, and `check` and `status` of each server."""
