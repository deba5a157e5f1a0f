"""What lies in the desk: cases, officers, the journal, sealed slots, and the keys that open them."""
