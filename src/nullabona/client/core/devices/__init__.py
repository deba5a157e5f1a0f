"""The devices of one account: their shared room and inbox, what they send one another, and their membership in every
room (spec/devices.md).
"""
