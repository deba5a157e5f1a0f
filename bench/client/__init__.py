"""What a client takes of a machine: starting on a long history, saying something, coming back, rooms of many devices.

`plan` says which benches are run, `runs` runs each in a process of its own, `page` says what came out.
"""
