"""Contacts: requests, invite links, what the person decides about somebody."""
