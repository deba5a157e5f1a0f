"""The drill ``lost-directory``: a directory's machine is gone, and is rebuilt from what others hold.

`house` is the directory and what stands around it, each a process of its own; `play` tells the story, `told` makes the
report.
"""
