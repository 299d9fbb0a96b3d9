"""`python -m neuroscale`: the command, where its script is not on the path."""

from neuroscale.cli import main

main()
