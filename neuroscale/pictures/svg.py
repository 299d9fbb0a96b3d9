"""A drawing of bars as an SVG document that stands alone: no script, no font or style from elsewhere."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element, SubElement

from neuroscale.pictures.bars import Bar, BarDrawing, Segment

_WIDTH = 760
_MARGIN = 16
_SCALE_WIDTH = _WIDTH - 2 * _MARGIN
_BAR_HEIGHT = 28
_ROW_HEIGHT = 68
_TITLE_HEIGHT = 44
_LEGEND_ROW_HEIGHT = 22
_SWATCH = 12
# Mean advance of the fonts of a browser at 12 px; text is given more room than it takes, never less.
_CHARACTER_WIDTH = 7.2
_LONGEST_TEXT = 96

# Told apart by people with the common colour deficiencies: Okabe and Ito, "Color Universal Design", 2008; the last
# four are of Tol, "Colour Schemes", 2021.
_COLOURS = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8C8C8C"),
    *("#332288", "#882255", "#999933", "#117733"),
)
_DARK_TEXT_ON = frozenset({"#E69F00", "#56B4E9", "#F0E442", "#CC79A7"})
_FREE_COLOUR = "#E6E6E6"

_STYLE = (
    "text{font-family:system-ui,sans-serif;font-size:12px;fill:#1f2328}"
    ".title{font-size:15px;font-weight:600}"
    ".free{fill:#e6e6e6}.paper{fill:#ffffff}.mark{stroke:#1f2328;stroke-width:1.5;stroke-dasharray:4 3}"
    "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.paper{fill:#0d1117}.free{fill:#30363d}"
    ".mark{stroke:#e6edf3}}"
    ".on-colour{fill:#ffffff}.on-light-colour{fill:#1f2328}"
)


def svg_document(drawing: BarDrawing) -> str:
    """Return the drawing as an SVG document.

    Equal drawings give equal text. Every segment tells its name and amount when pointed at, and the document has a
    title and a description for readers that speak.
    """
    colours = _colours(drawing)
    legend = tuple(_legend_rows(drawing, colours))
    height = _TITLE_HEIGHT + _ROW_HEIGHT * len(drawing.bars) + _LEGEND_ROW_HEIGHT * len(legend) + _MARGIN
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {_WIDTH} {height}",
            "width": str(_WIDTH),
            "height": str(height),
            "role": "img",
            "aria-label": _legal(f"{drawing.title}. {drawing.description}"),
        },
    )
    SubElement(root, "title").text = _legal(drawing.title)
    SubElement(root, "desc").text = _legal(drawing.description)
    SubElement(root, "style").text = _STYLE
    SubElement(root, "rect", {"class": "paper", "width": str(_WIDTH), "height": str(height), "rx": "6"})
    _text(root, _MARGIN, 27, drawing.title, "title")
    longest = max((_extent(bar) for bar in drawing.bars), default=0.0)
    for row, bar in enumerate(drawing.bars):
        _draw_bar(
            root, bar, _TITLE_HEIGHT + row * _ROW_HEIGHT, bar.amount if drawing.is_share else longest, colours
        )
    for row, names in enumerate(legend):
        _draw_legend_row(root, names, _TITLE_HEIGHT + _ROW_HEIGHT * len(drawing.bars) + row * _LEGEND_ROW_HEIGHT)
    ET.indent(root, " ")
    return ET.tostring(root, encoding="unicode") + "\n"


def _colours(drawing: BarDrawing) -> dict[str, str]:
    """Return the colour of every name, in the order in which they first appear."""
    colours: dict[str, str] = {}
    for segment in (segment for bar in drawing.bars for segment in bar.segments):
        if segment.name not in colours:
            used = sum(colour != _FREE_COLOUR for colour in colours.values())
            colours[segment.name] = _FREE_COLOUR if segment.is_free else _COLOURS[used % len(_COLOURS)]
    return colours


def _extent(bar: Bar) -> float:
    return max(bar.amount, bar.mark.amount if bar.mark else 0.0)


def _draw_bar(root: Element, bar: Bar, top: float, whole: float, colours: dict[str, str]) -> None:
    _text(root, _MARGIN, top + 14, bar.label)
    if whole <= 0:
        return
    left = float(_MARGIN)
    for segment in bar.segments:
        width = segment.amount / whole * _SCALE_WIDTH
        if width > 0:
            _draw_segment(root, segment, left, top + 22, width, colours[segment.name])
        left += width
    if bar.mark is not None:
        at = _MARGIN + bar.mark.amount / whole * _SCALE_WIDTH
        line = SubElement(
            root,
            "line",
            {
                "class": "mark",
                "x1": _coordinate(at),
                "x2": _coordinate(at),
                "y1": _coordinate(top + 18),
                "y2": _coordinate(top + 54),
            },
        )
        SubElement(line, "title").text = _legal(bar.mark.text)
        text = _text(root, _WIDTH - _MARGIN, top + 14, bar.mark.text)
        text.set("text-anchor", "end")


def _draw_segment(root: Element, segment: Segment, left: float, top: float, width: float, colour: str) -> None:
    attributes = {
        "x": _coordinate(left),
        "y": _coordinate(top),
        "width": _coordinate(width),
        "height": str(_BAR_HEIGHT),
    }
    paint = {"class": "free"} if segment.is_free else {"fill": colour}
    rectangle = SubElement(root, "rect", attributes | paint)
    SubElement(rectangle, "title").text = _legal(f"{segment.name}: {segment.text}")
    if len(segment.text) * _CHARACTER_WIDTH + 8 <= width:
        style = "" if segment.is_free else "on-light-colour" if colour in _DARK_TEXT_ON else "on-colour"
        text = _text(root, left + width / 2, top + 18, segment.text, style)
        text.set("text-anchor", "middle")


def _legend_rows(drawing: BarDrawing, colours: dict[str, str]) -> Iterator[list[tuple[float, str, str]]]:
    """Yield rows of (left edge, name, colour) that fit the width."""
    single = len(drawing.bars) == 1
    texts = {segment.name: segment.text for bar in drawing.bars for segment in bar.segments}
    row: list[tuple[float, str, str]] = []
    left = float(_MARGIN)
    for name, colour in colours.items():
        label = f"{name} {texts[name]}" if single else name
        width = _SWATCH + 6 + min(len(label), _LONGEST_TEXT) * _CHARACTER_WIDTH + 14
        if row and left + width > _WIDTH - _MARGIN:
            yield row
            row, left = [], float(_MARGIN)
        row.append((left, label, colour))
        left += width
    if row:
        yield row


def _draw_legend_row(root: Element, entries: list[tuple[float, str, str]], top: float) -> None:
    for left, label, colour in entries:
        paint = {"class": "free"} if colour == _FREE_COLOUR else {"fill": colour}
        place = {"x": _coordinate(left), "y": _coordinate(top), "width": str(_SWATCH), "height": str(_SWATCH)}
        SubElement(root, "rect", place | paint)
        _text(root, left + _SWATCH + 6, top + 11, label)


def _text(root: Element, left: float, baseline: float, content: str, style: str = "") -> Element:
    element = SubElement(
        root, "text", {"x": _coordinate(left), "y": _coordinate(baseline)} | ({"class": style} if style else {})
    )
    legal = _legal(content)
    element.text = legal if len(legal) <= _LONGEST_TEXT else legal[: _LONGEST_TEXT - 1] + "…"
    return element


def _legal(content: str) -> str:
    """Return the text without what no XML document can hold: control characters and halves of surrogate pairs."""
    return "".join(
        character
        for character in content
        if character >= " " and not "\ud800" <= character <= "\udfff" and character not in "\ufffe\uffff"
    )


def _coordinate(number: float) -> str:
    """Return a number to a tenth of a pixel, so that equal drawings give equal text."""
    return f"{number:.1f}".removesuffix(".0")
