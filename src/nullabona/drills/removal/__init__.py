"""The drill ``removal``: an authority demands that one message and one picture be found and deleted; everybody helps.

`operator` is what anyone who runs the relay can do with its files, `insider` a member who turned informant, `play` the
story, `told` the report.
"""
