"""From the client's plain values to views that a page shows as they are. Pure: no client, no clock, no chance."""
