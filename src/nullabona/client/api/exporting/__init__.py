"""Rooms written out for people and for other programs: JSON, plain text, and pages that need nothing but a browser."""
