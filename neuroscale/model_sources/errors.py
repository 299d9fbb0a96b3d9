"""What can go wrong on the way to a configuration, apart from what is wrong with the configuration itself."""

from neuroscale.errors import NeuroScaleError


class SourceRefusedError(NeuroScaleError):
    """The source must not be read: it is not permitted, or it leads to an address that is not."""


class SourceAccessError(NeuroScaleError):
    """The source asks for a token or a credential, or refuses the one it was given."""


class SourceUnavailableError(NeuroScaleError):
    """The source did not answer, or not in time, or not as a source of its kind answers."""


class SourceBusyError(NeuroScaleError):
    """As many sources are being read as may be at the same time."""
