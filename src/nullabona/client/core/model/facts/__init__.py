"""Facts: what happened in a step. A part tells one (`Step.tell`); parts above it and listeners match on its class."""
