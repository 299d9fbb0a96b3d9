"""The actions, one module each, and the table of them."""

from collections.abc import Mapping

from actions_service.action import Action
from actions_service.actions import (
    audit_drift,
    check_manifests,
    compare_resources,
    estimate_cost,
    inspect_model,
    plan_serving,
    render_endpoint,
)

ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        inspect_model.ACTION,
        plan_serving.ACTION,
        render_endpoint.ACTION,
        check_manifests.ACTION,
        compare_resources.ACTION,
        estimate_cost.ACTION,
        audit_drift.ACTION,
    )
}
