"""What can go wrong on the way to measured usage."""

from neuroscale.errors import NeuroScaleError


class CostSourceUnavailableError(NeuroScaleError):
    """A source did not answer, or not in time, or not as a source of its kind answers."""


class CostSourceAccessError(NeuroScaleError):
    """A source asks for a token, or refuses the one it was given."""
