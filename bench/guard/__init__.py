"""The regression guard: what hot paths cost in counts that do not depend on the machine, beside what is on record.

`counting` counts, `hot` lists the paths of both sides, `verdict` compares; ``record.json`` is what they cost last.
"""
