"""How one running service is set up."""

from dataclasses import dataclass

from actions_service.action import Resources

DEFAULT_CALLING_PLUGINS = ("scaffolder", "mcp-actions")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a service, read and checked.

    Attributes:
        resources: What the actions know.
        backstage_url: Base address of the Backstage backend whose plugin tokens are accepted; None accepts none.
        calling_plugins: The Backstage plugins that may call.
        token_digests: SHA-256 digests of the static tokens that are accepted.
        worker_limit: Actions computed at the same time; one more is refused.
        receive_limit: Bodies received at the same time; one more is refused.
        action_deadline_seconds: Longest time a caller waits for an action.
        body_deadline_seconds: Longest time a body may take to arrive.
    """

    resources: Resources
    backstage_url: str | None = None
    calling_plugins: frozenset[str] = frozenset(DEFAULT_CALLING_PLUGINS)
    token_digests: tuple[bytes, ...] = ()
    worker_limit: int = 4
    receive_limit: int = 64
    action_deadline_seconds: float = 60.0
    body_deadline_seconds: float = 30.0
