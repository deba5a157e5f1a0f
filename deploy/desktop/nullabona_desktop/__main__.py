"""What the icon starts: the app, with its page in the browser."""

import sys

from nullabona.cli import main

sys.argv[1:] = ["app", *sys.argv[1:]]
main()
