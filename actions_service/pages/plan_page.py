"""The page that plans an endpoint: what was asked, the plan in words, and the memory of an accelerator as a bar."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from actions_service.action import Resources
from actions_service.actions import plan_serving
from actions_service.actions.model_input import GivenModel
from actions_service.failures import Problem
from actions_service.pages.form import form_of
from actions_service.pages.layout import page, problem_section
from actions_service.pages.query import Query, arguments_of_query
from actions_service.pages.words import words_as_html
from actions_service.validation import validate_input
from neuroscale.architecture.model import ModelArchitecture
from neuroscale.pictures.bars import BarDrawing
from neuroscale.pictures.svg import svg_document
from neuroscale.planning.candidates import engine_arguments
from neuroscale.planning.explanation import distinct_refusals, plan_as_markdown
from neuroscale.planning.memory_picture import memory_drawing
from neuroscale.planning.plan import PlanningResult, RefusedPlan, ServingPlan

PATH = "/plan"
PICTURE_PATH = "/plan/memory.svg"
_TITLE = "Plan an endpoint"
_LEAD = (
    "Say what the endpoint must do. The plan says on how many accelerators of which kind, how the model is divided "
    "over them, and what each of them holds; it obeys the rules that admission enforces."
)
_SHOWN_KINDS = 6


def plan_page(query: Query, resources: Resources) -> bytes:
    """Return the form, and the plan if a model was asked for; raises what the action `plan-serving` raises."""
    arguments = arguments_of_query(query, plan_serving.ACTION.input_schema)
    if not query:
        return _page(arguments, "")
    model, result = _planned(arguments, resources)
    return _page(arguments, _answer(result, model.architecture))


def failed_plan_page(query: Query, problem: Problem) -> bytes:
    """Return the form as it was filled in, with what is wrong."""
    arguments = arguments_of_query(query, plan_serving.ACTION.input_schema)
    return _page(arguments, problem_section(problem), wrong=problem.field_name or "")


def memory_picture(query: Query, resources: Resources) -> bytes:
    """Return the memory of an accelerator of the best plan as SVG; raises as the page does."""
    arguments = arguments_of_query(query, plan_serving.ACTION.input_schema)
    model, result = _planned(arguments, resources)
    return svg_document(memory_drawing(result.plans[:1], model.architecture)).encode()


def _planned(arguments: Mapping[str, Any], resources: Resources) -> tuple[GivenModel, PlanningResult]:
    return plan_serving.planned(validate_input(plan_serving.ACTION.validator, arguments), resources)


def _page(arguments: Mapping[str, Any], answer: str, wrong: str = "") -> bytes:
    form = form_of(plan_serving.ACTION.input_schema, arguments, path=PATH, button="Plan", wrong=wrong)
    return page(_TITLE, _LEAD, form + answer).encode()


def _answer(result: PlanningResult, architecture: ModelArchitecture) -> str:
    best = result.plans[0]
    return (
        "<h2>Plan</h2>"
        + _picture(memory_drawing((best,), architecture))
        + words_as_html(plan_as_markdown(result, architecture))
        + _alternatives(result.plans, architecture)
        + _refusals(distinct_refusals(result.refused))
    )


def _picture(drawing: BarDrawing) -> str:
    return f'<div class="picture">{svg_document(drawing)}</div>'


def _alternatives(plans: Sequence[ServingPlan], architecture: ModelArchitecture) -> str:
    """Return the best plan of every kind of accelerator beside each other."""
    best_of_kind: dict[str, ServingPlan] = {}
    for plan in plans:
        best_of_kind.setdefault(plan.accelerator.name, plan)
    if len(best_of_kind) < 2:
        return ""
    shown = list(best_of_kind.values())[:_SHOWN_KINDS]
    rows = "".join(
        f'<tr><td>{escape(plan.accelerator.name)}</td><td class="figure">{plan.accelerators_per_replica}</td>'
        f'<td class="figure">{plan.minimum_replicas}</td>'
        f"<td><code>{escape(' '.join(engine_arguments(plan.settings)))}</code></td></tr>"
        for plan in shown
    )
    head = "<tr><th>Accelerator</th><th>Per replica</th><th>Replicas</th><th>Engine arguments</th></tr>"
    return (
        "<h2>On other accelerators</h2>"
        + _picture(memory_drawing(shown, architecture))
        + f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
    )


def _refusals(refused: Sequence[RefusedPlan]) -> str:
    if not refused:
        return ""
    rows = "".join(
        f"<tr><td>{escape(each.accelerator)}</td><td><code>{escape(' '.join(each.arguments))}</code></td>"
        f"<td>{escape(each.rule)}</td><td>{escape(each.reason)}</td></tr>"
        for each in refused
    )
    head = "<tr><th>Accelerator</th><th>Engine arguments</th><th>Refused by</th><th>Why</th></tr>"
    return (
        f"<details><summary>What was refused, and why ({len(refused)})</summary>"
        f'<div class="scroll"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div></details>'
    )
