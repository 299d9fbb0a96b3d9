"""Loads the rigs, which several test folders share, and sets how properties are searched."""

from hypothesis import settings

pytest_plugins = [
    "tests.rigs.control_plane.fixtures",
    "tests.rigs.github.fixtures",
    "tests.rigs.backstage.fixtures",
]

# How long an example takes depends on what else the machine does; a test must not.
settings.register_profile("neuroscale", deadline=None, print_blob=True)
settings.load_profile("neuroscale")
