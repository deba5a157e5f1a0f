"""The devices of one account: the room and the inbox they share, what they tell one another, and that all of them, and
only they, are in every room (spec/devices.md).
"""
