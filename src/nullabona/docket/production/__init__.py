"""What is handed over: a package made from the output of ``producible`` and nothing else (spec/docket.md)."""
