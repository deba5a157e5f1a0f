"""PostgreSQL for stores that can be on more than one machine: one leader, a synchronous standby (decision 0051).

The only package that imports psycopg. A store asks `place` where it is kept and gets a `connection` from here.
"""
