"""What labels say, as far as it can be compared with facts, and which keys were meant to be others."""

import difflib
import re
from collections.abc import Iterable

from neuroscale.architecture.model import ModelArchitecture

# Keys that people write for these labels, reduced to letters and digits, beside plain misspellings.
_OTHER_WORDS = {
    "owner": ("owners", "ownedby", "ownerteam", "team", "teamname", "squad"),
    "cost-center": ("costcentre", "costcenterid", "costcentreid", "costcode", "costunit", "costcenternumber"),
    "model-architecture": ("architecture", "modelarch", "modeltype"),
    "active-param-ratio": ("activeparamsratio", "activeparameterratio", "activeparametersratio", "activeratio"),
    "total-params": ("totalparam", "totalparameters", "totalparameter", "paramcount", "parametercount"),
}
_SIMILARITY = 0.8
# A prefix of 253 characters, a slash and a name of 63: Kubernetes takes no longer key.
_LONGEST_KEY = 317
# A figure this close, as a share of the fact, misleads nobody, however many digits it is written with.
_NEGLIGIBLE = 0.005
_MULTIPLES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
_AMOUNT = re.compile(r"(?P<number>\d+(?:\.(?P<decimals>\d+))?)(?P<multiple>[KMBT]?)", re.IGNORECASE | re.ASCII)


def near_miss(label: str, keys: Iterable[str]) -> str | None:
    """Return the key that was probably meant to be `label`: another case, separator, prefix or word."""
    wanted = _reduced(label)
    candidates = {
        key: _reduced(key) for key in sorted(keys) if key not in _OTHER_WORDS and len(key) <= _LONGEST_KEY
    }
    for accepted in ((wanted,), _OTHER_WORDS.get(label, ())):
        for key, reduced in candidates.items():
            if reduced in accepted:
                return key
    for key, reduced in candidates.items():
        if difflib.SequenceMatcher(None, reduced, wanted).ratio() >= _SIMILARITY:
            return key
    return None


def is_other_spelling(label: str, key: str) -> bool:
    """Whether a key is the label in another case or with other separators: the same word, without a prefix."""
    return len(key) <= _LONGEST_KEY and "/" not in key and _reduced(key) == _reduced(label)


def states_ratio(text: str, architecture: ModelArchitecture) -> bool:
    """Whether a label value is the model's active-parameter ratio, at the precision it is written with."""
    amount = _amount(text)
    active, parameters = architecture.active_parameters, architecture.parameters
    if active is None or parameters is None:
        return True
    return (
        amount is not None
        and amount[2] == 1
        and _is_rounding(amount, (active / parameters.language_model, active / parameters.total))
    )


def states_total(text: str, architecture: ModelArchitecture) -> bool:
    """Whether a label value is the model's parameters, with or without its vision tower, at its own precision."""
    amount = _amount(text)
    parameters = architecture.parameters
    if parameters is None:
        return True
    return amount is not None and _is_rounding(amount, (parameters.language_model, parameters.total))


def _is_rounding(amount: tuple[float, int, float], facts: Iterable[float]) -> bool:
    number, decimals, multiple = amount
    unit = 10.0**-decimals
    # With two decimals or more a truncated figure is as honest as a rounded one.
    tolerance = (unit if decimals > 1 else unit / 2) * 1.000001
    return any(abs(number - fact / multiple) <= max(tolerance, _NEGLIGIBLE * fact / multiple) for fact in facts)


def _amount(text: str) -> tuple[float, int, float] | None:
    """Return number, decimals and multiple."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        return None
    multiple = _MULTIPLES.get(match["multiple"].upper(), 1.0)
    return float(match["number"]), len(match["decimals"] or ""), multiple


def _reduced(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.rpartition("/")[2].lower())
