"""What comes in, by where it comes from: rooms, the inbox, the account's other devices, answers of relays."""
