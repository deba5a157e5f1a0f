"""The drill ``insider``: members, and some who were removed, turn every secret that they ever had against the room.

`forging` makes what no program of ours would send, `kept` is what such a device keeps, `member` the process of one,
`play` the story, `told` the report.
"""
