"""Publishes to the public log, on schedule: batches of slots, openings, figures, outages."""
