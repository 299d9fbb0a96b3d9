"""Loads the rigs: real parts that several test folders share."""

pytest_plugins = [
    "tests.rigs.control_plane.fixtures",
    "tests.rigs.github.fixtures",
    "tests.rigs.backstage.fixtures",
]
