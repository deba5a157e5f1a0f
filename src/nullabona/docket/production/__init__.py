"""The package that is handed over, made only from the output of ``producible`` (spec/docket.md)."""
