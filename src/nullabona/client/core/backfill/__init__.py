"""What was said while a device was away is handed over by the members who said it (spec/devices.md §9.2)."""
