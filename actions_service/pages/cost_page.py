"""The page that says who pays: a window of the platform's own OpenCost, as one bill in three views."""

from collections.abc import Mapping
from typing import Any

from actions_service.action import Resources
from actions_service.actions import estimate_cost
from actions_service.failures import Problem
from actions_service.pages.form import form_of
from actions_service.pages.layout import page, problem_section
from actions_service.pages.query import Query, arguments_of_query
from actions_service.pages.words import words_as_html
from actions_service.validation import InputValidator, validate_input

PATH = "/cost"
PICTURE_PATH = "/cost/views.svg"
_TITLE = "Who pays"
_LEAD = (
    "Accelerators are billed by the hour they are held. The same bill is shown by what was held, by what was "
    "computed and by what was served, and one line says why the three differ."
)
_ASKED = ("window", "by", "region", "commitment")
_PROPERTIES: Mapping[str, Any] = estimate_cost.ACTION.input_schema["properties"]
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["window"],
    "additionalProperties": False,
    "properties": {name: _PROPERTIES[name] for name in _ASKED},
}
_VALIDATOR = InputValidator(_SCHEMA)


def cost_page(query: Query, resources: Resources) -> bytes:
    """Return the form, and the views if a window was asked for; raises what the action `estimate-cost` raises."""
    arguments = arguments_of_query(query, _SCHEMA)
    if not query:
        return _page(arguments, "")
    answer = _answered(arguments, resources)
    picture = f'<div class="picture">{answer["picture"]}</div>'
    return _page(arguments, f"<h2>One bill</h2>{picture}{words_as_html(answer['summary'])}")


def failed_cost_page(query: Query, problem: Problem) -> bytes:
    """Return the form as it was filled in, with what is wrong."""
    return _page(arguments_of_query(query, _SCHEMA), problem_section(problem), wrong=problem.field_name or "")


def cost_picture(query: Query, resources: Resources) -> bytes:
    """Return the three views as SVG; raises as the page does."""
    return str(_answered(arguments_of_query(query, _SCHEMA), resources)["picture"]).encode()


def _answered(arguments: Mapping[str, Any], resources: Resources) -> dict[str, Any]:
    return estimate_cost.estimate_cost(validate_input(_VALIDATOR, arguments), resources)


def _page(arguments: Mapping[str, Any], answer: str, wrong: str = "") -> bytes:
    return page(_TITLE, _LEAD, form_of(_SCHEMA, arguments, path=PATH, button="Show", wrong=wrong) + answer).encode()
