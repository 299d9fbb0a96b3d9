"""A running cluster, read for the rules: the connection, what is listed and kept, and its audit.

Beside the command line and the services it is the only part that opens connections; the domain below it stays pure.
"""
