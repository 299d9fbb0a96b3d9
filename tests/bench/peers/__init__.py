"""The reader beside the tools that install from a package: the count that each gives, and its time."""
