"""How bytes go out and come in: outbox, blobs, the log of a box, acknowledgements, inboxes."""
