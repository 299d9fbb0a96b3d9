"""`neuroscale render`: the files of an endpoint."""

from pathlib import Path

import click

from neuroscale.architecture.profile import make_profile
from neuroscale.architecture.storage_uri import check_storage_uri, is_uri
from neuroscale.cli.judging_options import refuse_unless_version
from neuroscale.cli.model_argument import model_argument, read_model_argument, require_config
from neuroscale.cli.planning_options import PlanningChoices, planning_choices
from neuroscale.errors import InvalidInputError, UnreadableInputError
from neuroscale.manifests.rendering.monitoring import (
    MONITORING_FILES,
    Monitoring,
    MonitoringFiles,
    read_monitoring_labels,
)
from neuroscale.manifests.rendering.request import (
    DEFAULT_PROMETHEUS_ADDRESS,
    ENVIRONMENTS,
    KIND_CHOICES,
    ROUTERS,
    EndpointRequest,
    KindChoice,
    Router,
)
from neuroscale.planning.endpoint_page import endpoint_page
from neuroscale.planning.engine_deployment import render_planned_endpoint, servable_plans
from neuroscale.planning.plan import least_replicas_in


@click.command()
@model_argument
@click.option("--name", required=True, help="Name of the endpoint: a DNS label.")
@click.option("--owner", required=True, help="Team that owns it.")
@click.option("--cost-center", required=True, help="What its accelerators are billed to.")
@click.option("--environment", type=click.Choice(ENVIRONMENTS), default="development", show_default=True)
@click.option("--namespace", help="Where it is applied (default: the namespace that is called as the environment).")
@click.option("--repository", help="Hub repository of the model when MODEL is a config.json.")
@click.option(
    "--storage-uri",
    help="Where KServe takes the weights from, if MODEL does not say it: pvc://CLAIM/PATH, s3://, gs://, oci:// …",
)
@click.option(
    "--prometheus",
    default=DEFAULT_PROMETHEUS_ADDRESS,
    show_default=True,
    help="Where the autoscaler asks for the engine's metrics.",
)
@click.option(
    "--monitoring",
    type=click.Choice(MONITORING_FILES),
    default="all",
    show_default=True,
    help="Objects of the Prometheus operator: a PodMonitor and a PrometheusRule, the rule alone where the platform "
    "scrapes every endpoint already, or none.",
)
@click.option(
    "--monitoring-label",
    "monitoring_labels",
    multiple=True,
    help="NAME=VALUE that the platform's Prometheus selects monitors and rules by. Repeatable.",
)
@click.option(
    "--kind",
    type=click.Choice(KIND_CHOICES),
    default="auto",
    show_default=True,
    help="What serves it; auto takes an LLMInferenceService only for replicas of several pods.",
)
@click.option("--kserve", help="Release of KServe in the cluster, e.g. 0.20.0 (default: the newest known).")
@click.option(
    "--router",
    type=click.Choice(ROUTERS),
    default="route",
    show_default=True,
    help="What an LLMInferenceService is reached through: its Service alone, a route of the gateway, or a route to "
    "a scheduler.",
)
@click.option("--directory", type=click.Path(file_okay=False, path_type=Path), help="Write the files there.")
@planning_choices
def render(
    model: str,
    source: str,
    allowed_hosts: tuple[str, ...],
    name: str,
    owner: str,
    cost_center: str,
    environment: str,
    namespace: str | None,
    repository: str | None,
    storage_uri: str | None,
    prometheus: str,
    monitoring: MonitoringFiles,
    monitoring_labels: tuple[str, ...],
    kind: KindChoice,
    kserve: str | None,
    router: Router,
    directory: Path | None,
    choices: PlanningChoices,
) -> None:
    """Plan MODEL and print the files of its endpoint, or write them to a folder."""
    named = read_model_argument(model, source, allowed_hosts)
    name_of_model = repository or named.storage_uri or named.repository or storage_uri
    if not name_of_model:
        raise InvalidInputError(
            "MODEL does not say where the weights are",
            field="--repository",
            fix="add --repository ORG/NAME or --storage-uri URI",
        )
    if is_uri(name_of_model):
        name_of_model = check_storage_uri(name_of_model, "--storage-uri")
    if storage_uri is not None:
        storage_uri = check_storage_uri(storage_uri, "--storage-uri")
    if kserve is not None:
        refuse_unless_version(kserve)
    watched = Monitoring(monitoring, read_monitoring_labels(monitoring_labels, "--monitoring-label"))
    request = EndpointRequest(
        name=name,
        # An endpoint of the same name in another environment must never be the same object.
        namespace=environment if namespace is None else namespace,
        owner=owner,
        cost_center=cost_center,
        environment=environment,
        profile=make_profile(name_of_model, named.revision, require_config(named)),
        prometheus_address=prometheus,
        storage_uri=storage_uri,
        kind=kind,
        kserve_version=kserve,
        router=router,
        monitoring=watched,
    )
    result = servable_plans(request, choices.plans_for(named.architecture, least_replicas_in(environment)))
    files = render_planned_endpoint(request, result.plans[0], named.architecture)
    if directory is None:
        click.echo("".join(f"# {file.path}\n---\n{file.content}" for file in files), nl=False)
        return
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for file in (*files, *endpoint_page(request, result, named.architecture)):
            (directory / file.path).write_text(file.content, encoding="utf-8")
            click.echo(str(directory / file.path))
    except OSError as error:
        raise UnreadableInputError(error.strerror or "cannot be written", field=str(directory)) from error
