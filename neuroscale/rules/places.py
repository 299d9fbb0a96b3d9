"""Where in an object a setting stands, for the field a finding points at."""

from neuroscale.engines.settings import ArgumentPosition, ArgumentProblem
from neuroscale.manifests.container import WRITTEN_ELSEWHERE
from neuroscale.manifests.object import FieldPath, format_field_path
from neuroscale.manifests.workload import ServingWorkload


def option_path(workload: ServingWorkload, *options: str) -> FieldPath:
    """Return the field of the first of these engine options that is written, else the engine's container.

    The field is an argument, or a field of the object that KServe renders as one (`spec.parallelism.tensor`).
    """
    if workload.settings is not None:
        for option in options:
            position = workload.settings.positions.get(option)
            if position is not None:
                return _path(workload, position)
            if option in workload.option_paths:
                return workload.option_paths[option]
    return workload.container_path


def option_name(workload: ServingWorkload, option: str) -> str:
    """Return what to call a setting in a fix: the field KServe renders it from, else the option itself."""
    if workload.settings is not None and option in workload.settings.positions:
        return option
    path = workload.option_paths.get(option)
    return option if path is None else format_field_path(path)


def problem_path(workload: ServingWorkload, problem: ArgumentProblem) -> FieldPath:
    """Return the field of an argument the engine refuses, or its container when a runtime writes it."""
    return _path(workload, problem.position)


def _path(workload: ServingWorkload, position: ArgumentPosition) -> FieldPath:
    if position.index == WRITTEN_ELSEWHERE:
        return workload.container_path
    return (*workload.container_path, position.container_field, position.index)
