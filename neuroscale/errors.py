"""The root of every error that is shown to a user."""


class NeuroScaleError(Exception):
    """A problem in what the user gave us, or in what we could reach for them.

    Attributes:
        message: What is wrong, in one line, with the offending value.
        field: Where it is wrong: a dotted path, a flag or a file name; None when it concerns the whole input.
        fix: What the user can do about it; None when there is nothing certain to say.
    """

    def __init__(self, message: str, *, field: str | None = None, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.fix = fix

    def __str__(self) -> str:
        """Return the field, the message and the fix as one line."""
        located = f"{self.field}: {self.message}" if self.field else self.message
        return f"{located} ({self.fix})" if self.fix else located


class InvalidInputError(NeuroScaleError):
    """The input can be read but breaks a rule of its format."""


class UnreadableInputError(NeuroScaleError):
    """The input cannot be read at all: missing file, bad YAML, bad JSON, over a size limit."""


class UnknownModelError(NeuroScaleError):
    """No configuration is known for the model that was named."""


class NoPlanError(NeuroScaleError):
    """Nothing that was offered can serve the model as demanded."""
