"""`neuroscale audit`: the rules over what a cluster holds, with an exit code that can be trusted."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neuroscale.architecture.catalogue import load_catalogue
from neuroscale.architecture.model_directory import read_model_directory
from neuroscale.architecture.profile_trust import read_public_keys
from neuroscale.cli.check import EXIT_DENIED
from neuroscale.cli.judging_options import profile_public_key_option, read_policy, refuse_unless_version
from neuroscale.cluster.audit import DEFAULT_KSERVE_NAMESPACE, JudgedObject, NamespaceContexts, judge_each
from neuroscale.cluster.resources import JUDGED_RESOURCES, ClusterResource
from neuroscale.errors import InvalidInputError, UnreadableInputError
from neuroscale.manifests.object import ManifestObject
from neuroscale.reports.beside import Beside
from neuroscale.reports.formats import FINDING_FORMATS
from neuroscale.reports.text import object_title, printable
from neuroscale.rules.finding import Severity
from neuroscale.rules.judge import judge
from neuroscale.rules.policy import RulePolicy, rule_on
from neuroscale.rules.severities import Surface
from neuroscale.rules.subject import ClusterFacts

if TYPE_CHECKING:
    from neuroscale.cluster.snapshot import Selection, Snapshot

EXIT_INCOMPLETE = 2
USER_AGENT = "neuroscale-audit"
_KINDS = {resource.kind.lower(): resource.kind for resource in JUDGED_RESOURCES}
_FIX = "give --kubeconfig FILE, set KUBECONFIG, or run in a pod with a service account"


@click.command()
@click.option(
    "--kubeconfig",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="How to reach the cluster (default: KUBECONFIG, ~/.kube/config, or the pod's service account).",
)
@click.option("--kube-context", help="Context of the kubeconfig (default: its current one).")
@click.option(
    "-n", "--namespace", "namespaces", multiple=True, help="Namespace to judge (default: all). Repeatable."
)
@click.option("-l", "--selector", default="", help="Judge only objects with these labels, as kubectl takes them.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    type=click.Choice(sorted(_KINDS.values()), case_sensitive=False),
    help="Judge only objects of this kind (default: all that the rules know). Repeatable.",
)
@click.option(
    "--models",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of config.json files named <org>--<name>.json; they win over the catalogue.",
)
@click.option("--kserve", help="Release of KServe in the cluster, e.g. 0.20.0 (default: the newest known).")
@click.option(
    "--kserve-namespace",
    default=DEFAULT_KSERVE_NAMESPACE,
    show_default=True,
    help="Where KServe keeps its presets.",
)
@profile_public_key_option
@click.option(
    "--policy",
    "--exceptions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The platform's file of exceptions and severities (a RulePolicy, or its ConfigMap).",
)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(min=1),
    default=300.0,
    show_default=True,
    help="Seconds after which reading the cluster is given up.",
)
@click.option("--output", type=click.Choice(sorted(FINDING_FORMATS)), default="text", show_default=True)
def audit(
    kubeconfig: Path | None,
    kube_context: str | None,
    namespaces: tuple[str, ...],
    selector: str,
    kinds: tuple[str, ...],
    models: Path | None,
    kserve: str | None,
    kserve_namespace: str,
    profile_public_keys: tuple[Path, ...],
    policy: Path | None,
    timeout_seconds: float,
    output: str,
) -> int:
    """Judge what a running cluster holds: serving objects, workloads that run an engine, and autoscalers.

    The cluster is only read. ConfigMaps are read by name, where a workload takes engine options from one; Secrets
    never.

    Exits 0 when nothing is denied, 1 when something is, and 2 when the cluster could not be judged: it cannot be
    reached, a kind that is to be judged may not be listed, an object cannot be read, or nothing was selected.
    """
    if kserve is not None:
        refuse_unless_version(kserve)
    decided = None if policy is None else read_policy(policy)
    keys = read_public_keys(profile_public_keys)
    catalogue = load_catalogue()
    if models is not None:
        catalogue = catalogue.with_configs(read_model_directory(models))
    # The Kubernetes client takes a second to import, which the other commands are spared.
    from neuroscale.cluster.snapshot import Selection  # noqa: PLC0415

    selection = Selection(
        namespaces=tuple(dict.fromkeys(_checked(each) for each in namespaces)),
        label_selector=selector,
        kinds=frozenset(_KINDS[each.lower()] for each in kinds),
        kserve_namespace=kserve_namespace,
    )
    place = kubeconfig if kubeconfig is not None else found_kubeconfig(os.environ, Path.home())
    snapshot = asyncio.run(_read(place, kube_context, selection, timeout_seconds))
    contexts = NamespaceContexts(snapshot.objects, kserve_namespace)

    def facts_about(manifest: ManifestObject) -> ClusterFacts:
        return ClusterFacts(catalogue, contexts.of(manifest.namespace), kserve, keys)

    judged = list(judge_each(snapshot.selected, judge, facts_about))
    unread = [each for each in judged if each.unread]
    if not judged:
        # No report at all: an empty one would look like a clean cluster to whoever reads it.
        _tell(snapshot, unread, 0)
        return EXIT_INCOMPLETE
    ruling = rule_on(
        sorted((finding for each in judged for finding in each.findings), key=lambda finding: finding.sort_key),
        decided or RulePolicy(),
        Surface.AUDIT,
        datetime.now(UTC).date(),
    )
    beside = Beside(exceptions=ruling.exceptions if decided is not None else None)
    click.echo(FINDING_FORMATS[output](ruling.findings, beside))
    _tell(snapshot, unread, len(judged))
    if snapshot.forbidden or unread:
        return EXIT_INCOMPLETE
    return EXIT_DENIED if any(finding.severity is Severity.DENY for finding in ruling.findings) else 0


def found_kubeconfig(environment: Mapping[str, str], home: Path) -> Path | None:
    """Return the kubeconfig that kubectl would take; None to use the service account of the pod.

    Raises:
        UnreadableInputError: KUBECONFIG names no file, or there is neither a kubeconfig nor a service account.
    """
    named = environment.get("KUBECONFIG", "")
    if named:
        if not any(Path(each).is_file() for each in named.split(os.pathsep) if each):
            raise UnreadableInputError("no such file", field=f"KUBECONFIG={named}", fix=_FIX)
        return Path(named)
    usual = home / ".kube" / "config"
    if usual.is_file():
        return usual
    if environment.get("KUBERNETES_SERVICE_HOST"):
        return None
    raise UnreadableInputError(
        f"no cluster is configured: there is no {usual}, no KUBECONFIG, and this is not a pod", fix=_FIX
    )


async def _read(
    kubeconfig: Path | None, context: str | None, selection: "Selection", timeout_seconds: float
) -> "Snapshot":
    from neuroscale.cluster.connection import connect  # noqa: PLC0415
    from neuroscale.cluster.failures import FAILURES, explained  # noqa: PLC0415
    from neuroscale.cluster.snapshot import read_cluster  # noqa: PLC0415

    async with connect(kubeconfig, USER_AGENT, context=context, fix=_FIX) as connection:
        try:
            async with asyncio.timeout(timeout_seconds):
                return await read_cluster(connection, selection)
        except FAILURES as error:
            raise explained(error, connection.server) from error


def _tell(snapshot: "Snapshot", unread: Sequence[JudgedObject], judged: int) -> None:
    """Say on standard error what was judged and what was not, so that silence is never taken for success."""

    def say(line: str) -> None:
        click.echo(printable(line), err=True)

    for each in unread:
        say(f"error: {object_title(each.manifest)}: cannot be judged: {each.unread}")
    for names in _places(snapshot.forbidden):
        say(f"error: not judged, because listing is forbidden: {names}")
    for names in _places(snapshot.forbidden_context):
        say(f"note: not known, because reading is forbidden: {names}")
    if snapshot.missing:
        say(f"note: not installed in this cluster: {', '.join(each.full_name for each in snapshot.missing)}")
    if not judged:
        say(
            "error: nothing was judged: no serving object, no workload that runs an engine and no autoscaler was "
            f"selected ({snapshot.read_objects} objects read)"
        )
        return
    say(f"judged {judged} of {snapshot.read_objects} objects read")


def _places(refused: Sequence[tuple[ClusterResource, str]]) -> Sequence[str]:
    by_namespace: dict[str, list[str]] = {}
    for resource, namespace in refused:
        by_namespace.setdefault(namespace, []).append(resource.full_name)
    return [
        ", ".join(names) + (f" in namespace {namespace}" if namespace else "")
        for namespace, names in by_namespace.items()
    ]


def _checked(namespace: str) -> str:
    if not (0 < len(namespace) <= 63 and namespace.isascii() and namespace.replace("-", "").isalnum()):
        raise InvalidInputError(f"{namespace!r} is not a namespace's name", field="--namespace")
    return namespace
