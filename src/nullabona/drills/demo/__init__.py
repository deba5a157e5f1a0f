"""The demo: from nothing to people who talk, a relay that is searched, seized and emptied, and people who talk on."""
