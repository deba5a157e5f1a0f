"""Turns plain values of the client into the views that a page shows. Pure: no client, no clock, no randomness."""
