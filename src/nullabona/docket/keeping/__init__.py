"""The desk's storage: cases, officers, the journal, sealed slots, and the keys that open them."""
