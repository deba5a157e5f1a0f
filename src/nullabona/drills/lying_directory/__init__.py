"""The drill ``lying-directory``: an operator who lies about cards, against clients and witnesses that look.

`operator` is the lying relay, a process of its own; `stage` sets it up with two witnesses; `play` tells the story.
"""
