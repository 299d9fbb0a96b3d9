"""The options that the webhook and the background audit have in common: what a judgement rests on."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, TypeVar

import click

from neuroscale.cluster.audit import DEFAULT_KSERVE_NAMESPACE

COMMAND_SETTINGS = {
    "help_option_names": ["-h", "--help"],
    "auto_envvar_prefix": "NEUROSCALE",
    "show_default": True,
}
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
option = functools.partial(click.option, show_envvar=True)

_Command = TypeVar("_Command", bound=Callable[..., Any])


class KnowledgeArguments(TypedDict):
    """What click passes for the options of `knowledge_options`."""

    kubeconfig: Path | None
    kserve_namespace: str
    kserve_version: str | None
    context_paths: tuple[Path, ...]
    profile_public_keys: tuple[Path, ...]
    policy: Path | None


@dataclass(frozen=True, slots=True)
class KnowledgeSettings:
    """What a process is told about the cluster it judges.

    Attributes:
        kubeconfig: How to reach the cluster; None takes the pod's service account.
        kserve_namespace: Where KServe keeps its presets.
        kserve_version: Release of KServe; None takes the newest known.
        context_paths: Files and directories of objects that are known from the start.
        profile_public_keys: Files of the keys whose signature on a model profile is trusted.
        policy: The platform's exceptions and severities; None without any.
    """

    kubeconfig: Path | None
    kserve_namespace: str
    kserve_version: str | None
    context_paths: tuple[Path, ...]
    profile_public_keys: tuple[Path, ...]
    policy: Path | None


def knowledge_options(command: _Command) -> _Command:
    """Add the options that say what is known of a cluster."""
    for add in reversed(_KNOWLEDGE_OPTIONS):
        command = add(command)
    return command


_KNOWLEDGE_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    option(
        "--kubeconfig", type=FILE, help="How to reach the cluster; without it the pod's service account is used."
    ),
    option("--kserve-namespace", default=DEFAULT_KSERVE_NAMESPACE, help="Where KServe keeps its presets."),
    option("--kserve-version", help="Release of KServe in the cluster, e.g. 0.20.0."),
    option(
        "--context",
        "context_paths",
        envvar="NEUROSCALE_CONTEXT",
        multiple=True,
        type=click.Path(exists=True, path_type=Path),
        help="Objects that are not judged but known: runtimes, nodes. A file or a directory.",
    ),
    option(
        "--profile-public-key",
        "profile_public_keys",
        envvar="NEUROSCALE_PROFILE_PUBLIC_KEY",
        multiple=True,
        type=FILE,
        help="PEM Ed25519 key whose signature on a model profile is trusted; without one a profile is believed "
        "unless it contradicts what is known.",
    ),
    option(
        "--policy",
        type=FILE,
        help="The platform's exceptions and severities: a RulePolicy, usually a mounted ConfigMap. Read again when "
        "it changes.",
    ),
)
