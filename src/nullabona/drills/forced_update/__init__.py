"""The drill ``forced-update``: an operator is ordered to give one person another program. Seven ways."""
