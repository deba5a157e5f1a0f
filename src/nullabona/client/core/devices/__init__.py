"""The devices of one account: which there are, the room they share, and what follows from one to the others.

``items`` is what they tell one another, ``own`` which there are, ``telling`` what changed here, ``hearing`` what
changed elsewhere, ``tending`` sees to it that all of them, and only they, are in every room (spec/devices.md).
"""
