"""A witness: cosigns checkpoints of other operators' logs after checking that they only grew (spec/witness.md §2).

``core`` decides, ``store`` keeps, ``server`` speaks HTTP.
"""
