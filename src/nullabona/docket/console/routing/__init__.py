"""Which requests there are, who may make them, and how they are answered."""
