"""Starts, watches and ends processes of this program: for drills, benchmarks and tests. No product code imports it."""
