"""The drill ``tap``: a live tap with the operator's full help; what it reads, and what it infers all the same."""
