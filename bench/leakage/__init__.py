"""The leakage measure: how much of who talks with whom a server's machine gives away, ours and other designs'.

`society` makes up people and what they do; `ours` lets the real cores live it, `rivals` lets models of other designs
live it; each hands back a `trace.Recording`. `views` cuts from it what an adversary sees, `attackers` guess, `measure`
scores the guesses against the `trace.Truth`, and `page` writes the table, the plots and the data.
"""
