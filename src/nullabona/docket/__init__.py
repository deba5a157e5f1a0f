"""The docket: the operator's legal desk, its public record of demands, and what checks that record (spec/docket.md).

``core`` decides, ``store`` keeps, `nullabona.docket.desk` holds the clock and is the one face.
"""
