"""Drills: staged attacks on running processes that print what was learned (docs/how-to/read-a-drill.md).

A drill plays one adversary of spec/threat-model.md for real, names the lines of that page which it proves, and fails if
one of them does not hold. It acts on both sides: it reads the operator's stores and drives clients, so only
``nulla drill`` imports it.
"""
