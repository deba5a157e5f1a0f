"""Incoming data by source: rooms, the inbox, the account's other devices, answers of relays."""
