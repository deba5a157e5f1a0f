"""The drill ``stolen-device``: a device is taken, locked or unlocked; what its past and its future yield.

`owner` and `thief` are processes of people, the latter with a program that obeys nobody; `pages` decrypts a copied
store and `by_hand` reads on with a copied profile, both without our programs; `play` tells the story, `told` makes the
report.
"""
