"""Where a relay keeps boxes: one port, and what implements it (spec/relay.md §4)."""
