"""People of drills who can do more than talk: look one another up, say what they were warned of, hand things over.

`person` is the process of one of them; `company` tells several what to do.
"""
