"""Load and soak: real clients and wire-level ones against a real relay, with churn, for as long as one likes.

`ledger`, `histories`, `receipts` and `probe` say who must have what, `figures` what may be claimed of it, and `enough`
when a run must have measured it; `crowd`, `wire` and `relay` are the processes, `play` directs them, `report` is the
page. docs/soak.md says what is asserted and what is not.
"""
