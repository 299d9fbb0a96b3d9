"""The actions, one module each, and the table of them."""

from collections.abc import Mapping

from actions_service.action import Action
from actions_service.actions import inspect_model

ACTIONS: Mapping[str, Action] = {action.name: action for action in (inspect_model.ACTION,)}
