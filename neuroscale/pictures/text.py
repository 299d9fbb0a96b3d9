"""A bar in characters, for places that show no image."""

from neuroscale.pictures.bars import Bar

_FILLS = "█▓▒"
_FREE = "░"
DEFAULT_WIDTH = 40


def text_bar(bar: Bar, width: int = DEFAULT_WIDTH) -> str:
    """Return the bar as `width` characters, with the segments told apart by shade in turn; "" for an empty bar.

    Every segment that is larger than nothing gets a character, as long as there are enough of them.
    """
    segments = [segment for segment in bar.segments if segment.amount > 0]
    whole = sum(segment.amount for segment in segments)
    if not segments or width < 1:
        return ""
    cells: list[str] = []
    passed = 0.0
    filled = 0
    for position, segment in enumerate(segments):
        passed += segment.amount
        later = len(segments) - position - 1
        end = min(max(round(passed / whole * width), len(cells) + 1), max(width - later, len(cells)))
        shade = _FREE if segment.is_free else _FILLS[filled % len(_FILLS)]
        filled += not segment.is_free
        cells.extend(shade * (end - len(cells)))
    return "".join(cells)[:width].ljust(width, cells[-1])
