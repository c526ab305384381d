"""`python -m assets` is the command `huitou`."""

from assets.cli import main

main()
