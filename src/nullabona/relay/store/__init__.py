"""What the relay keeps, behind one small interface with two implementations (docs/decisions/0003-relay-storage.md)."""
