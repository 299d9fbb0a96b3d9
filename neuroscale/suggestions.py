"""Names that look like a misspelt one."""

import difflib
from collections.abc import Sequence

# Below this two texts have letters in common but are no misspelling of each other.
_ALIKE = 0.6
# Comparing takes the product of both lengths, and a word may be a stranger's.
_COMPARED_LENGTH = 200


def closest_names(word: str, names: Sequence[str], count: int = 3) -> list[str]:
    """Return the names that look most like a word, best first; letter case and punctuation are ignored."""
    wanted = _letters(word)
    likeness = {name: _likeness(wanted, _letters(name)) for name in names}
    ranked = sorted(names, key=lambda name: likeness[name], reverse=True)
    return [name for name in ranked[:count] if likeness[name] >= _ALIKE]


def _likeness(wanted: str, name: str) -> float:
    """Return 1 for equal texts and 0 for texts without anything in common; a beginning is alike."""
    ratio = difflib.SequenceMatcher(None, wanted, name).ratio()
    is_beginning = len(wanted) > 1 and name.startswith(wanted)
    return max(ratio, _ALIKE) if is_beginning else ratio


def _letters(text: str) -> str:
    return "".join(character for character in text[:_COMPARED_LENGTH].casefold() if character.isalnum())
