"""Sending and receiving bytes: outbox, blobs, the log of a box, acknowledgements, inboxes."""
