"""Speed, side by side: the same workloads on the relay and on servers that people would pick instead.

`workloads` drives one server, `campaign` interleaves all of them, `page` says what came out.
"""
