"""The drill ``restore``: honest mistakes of an operator, each of which must end with a sentence and no signature."""
