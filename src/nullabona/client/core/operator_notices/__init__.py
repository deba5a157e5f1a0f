"""Operator notices: what an operator tells an account of demands, believed only if its docket log proves it.

Pure; spec/operator-notice.md. `checking` decides, `keeping` has the rows in the store, `taking` does both in a step.
"""
