"""Servers that people would pick instead, each behind one interface: found, started on loopback, spoken to, stopped."""
