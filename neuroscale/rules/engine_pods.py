"""What is known of the processes in an engine's pod."""

from neuroscale.engines.shell import shell_invocation, simple_commands
from neuroscale.engines.shell_reader import ShellSyntaxError
from neuroscale.engines.words import container_words
from neuroscale.manifests.container import Container
from neuroscale.rules.subject import Deployment

# Commands that end before the engine starts, and that listen nowhere.
_PREPARATIONS = frozenset(
    {":", "[", "cd", "chmod", "cp", "echo", "export", "ln", "mkdir", "mv", "pip", "pip3", "printf", "rm"}
    | {"set", "sleep", "source", "test", "trap", "ulimit", "umask", "unset", "uv", "."}
)
_SILENT_HEADS = ("--dp-supervisor",)
# Ranks of a larger engine, or engines whose front end runs elsewhere.
_NOT_THE_FRONT_END = frozenset({"--headless", "--nnodes", "--node-rank", "--dist-init-addr", "--uds", "--grpc"})


def is_only_server(deployment: Deployment) -> bool:
    """Whether the engine's own HTTP server is the only process that can listen at the pod's address.

    False where another container, a script that starts more than the engine, or the node's network could answer.
    """
    workload = deployment.workload
    settings, container, pod = workload.settings, workload.container, workload.pod
    if settings is None or container is None or pod is None or pod.uses_host_network:
        return False
    if len(pod.containers) > 1 or any(each.is_sidecar for each in pod.initialization_containers):
        return False
    written = (*settings.options, *settings.unresolved)
    if any(name in _NOT_THE_FRONT_END or name.startswith(_SILENT_HEADS) for name in written):
        return False
    return _starts_only_the_engine(container)


def _starts_only_the_engine(container: Container) -> bool:
    environment = container.literal_environment()
    words = container_words(
        [text.text for text in container.command], [text.text for text in container.arguments], environment
    )
    script = shell_invocation(words)
    if script is None:
        return True
    try:
        commands = simple_commands(script, environment)
    except ShellSyntaxError:
        return False
    started = [words for words in commands if words and words[0].text not in _PREPARATIONS]
    return len(started) == 1
