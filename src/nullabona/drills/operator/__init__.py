"""An operator who changes the relay's program: what drills do that a warrant for live data, or coercion, could do.

The relay has no hook for this, and must not get one: an operator who wants to listen has to ship another program, as
`interceptor` does to the classes of its own process. `recording` writes down everything that passes, `lies` alters it.
"""
