"""What goes into the public log, and when: batches of slots, openings, figures, outages."""
