"""The people of drills, each in a process of their own: what they can be told to do, and who tells them.

`person` is the process of one of them, `observer` of one who can be asked for more; `company` tells several what to do.
"""
