"""Contacts: requests, invite links, and the person's decisions about an account."""
