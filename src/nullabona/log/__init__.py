"""Transparency logs that anyone can check: formats, proofs, policies; pure, no I/O and no clock.

Spec: spec/log.md, after C2SP (signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-proof, tlog-policy,
tlog-witness) and RFC 9162 §2.1. From the ground up: `strict` reads numbers and base64, `tree` hashes and proves, `note`
and `checkpoint` are signed texts, `cosignature` says what a witness signs, `keys` signs and verifies, `tiles` lays a
tree out in files, `policy` says who must have signed, `proof` and `witnessing` are what is handed over and decided.
"""
