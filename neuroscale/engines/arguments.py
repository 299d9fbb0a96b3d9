"""Reading an argument vector the way a serving engine's argument parser does.

The parser is Python's argparse, behind a preprocessing step in some engines: vLLM turns underscores into dashes in
long names and gathers dotted options into one JSON value. TensorRT-LLM has click and Text Generation Inference
clap, which know no abbreviations. Sources: vLLM 0.10.2 to 0.33.0, `FlexibleArgumentParser`; SGLang 0.4.6 to 0.5.23,
`prepare_server_args`; TensorRT-LLM 1.3.0rc3, `commands/serve.py`; Text Generation Inference 1.0.0 to 3.3.7,
`launcher/src/main.rs`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from neuroscale.engines.argument_values import value_refusal
from neuroscale.engines.options import EngineOption, Grammar, OptionTables
from neuroscale.engines.parser_messages import missing_value, repeated_option, unknown_option, value_of_switch
from neuroscale.engines.settings import ArgumentPosition, ArgumentProblem, ProblemKind
from neuroscale.engines.values import read_human_readable_integer
from neuroscale.engines.words import Word

_NEGATIVE_NUMBER = re.compile(r"-\d+|-\d*\.\d+")
_MAXIMUM_WORDS = 4096
_MAXIMUM_NESTING = 32
_OPTIMIZATION_LEVEL = "--optimization-level"
_OPTIMIZATION_LEVELS = frozenset({"0", "1", "2", "3"})


@dataclass(slots=True)
class ParsedArguments:
    """What an argument vector says.

    Attributes:
        options: Values by canonical option name, last one wins; booleans as "true"/"false", JSON as text.
        positions: Where each canonical option was written last.
        problems: What the engine would refuse.
        unresolved: Canonical options, or the text of an expansion that may hold any option.
        positionals: Words that belong to no option.
        after_booleans: The boolean option that stood before a positional, by index in `positionals`.
        tables: The options that the vector was read by.
    """

    tables: OptionTables

    options: dict[str, str] = field(default_factory=dict)
    positions: dict[str, ArgumentPosition] = field(default_factory=dict)
    problems: list[ArgumentProblem] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    positionals: list[Word] = field(default_factory=list)
    after_booleans: dict[int, str] = field(default_factory=dict)


def parse_arguments(
    words: Sequence[Word],
    tables: OptionTables,
    *,
    first_is_model: bool = False,
) -> ParsedArguments:
    """Return what `words` say to an engine whose options are in `tables`.

    A problem is recorded only when every table agrees on it, so a version that is not known exactly cannot lead to
    a false claim. With `first_is_model` an unknown expansion that comes first is taken for the model alone. Never
    raises.
    """
    parser = _Parser(words, tables)
    return parser.parse(first_is_model=first_is_model)


class _Parser:
    """A cursor over the words."""

    def __init__(self, words: Sequence[Word], tables: OptionTables) -> None:
        self._words = words[:_MAXIMUM_WORDS]
        self._is_cut = len(words) > _MAXIMUM_WORDS
        self._tables = tables
        self._grammar = tables.grammar
        self._cursor = 0
        self._result = ParsedArguments(tables)
        self._dotted: dict[str, dict[str, object]] = {}

    def parse(self, *, first_is_model: bool) -> ParsedArguments:
        if first_is_model and self._words and not self._words[0].is_resolved and self._words[0].text[0] != "-":
            self._result.positionals.append(self._words[0])
            self._cursor = 1
        while self._cursor < len(self._words):
            word = self._words[self._cursor]
            self._cursor += 1
            literal = word.text[: word.unresolved_at]
            if not word.is_resolved and (not literal or (literal[0] == "-" and "=" not in literal)):
                self._note_unresolved(word.text)
            elif word.text == "--":
                self._result.positionals.extend(self._words[self._cursor :])
                break
            elif self._looks_like_option(word):
                self._read_option(word)
            else:
                self._result.positionals.append(word)
        for name, value in self._dotted.items():
            self._merge_dotted(name, value)
        if self._is_cut:
            last = self._words[-1]
            message = f"there are more than {_MAXIMUM_WORDS} arguments; the rest was not read"
            self._problem("unreadable", last.text, last, message)
            self._note_unresolved("...")
        return self._result

    def _looks_like_option(self, word: Word) -> bool:
        """Argparse's rule for a word that starts an option."""
        text = word.text
        if len(text) < 2 or text[0] != "-" or _NEGATIVE_NUMBER.fullmatch(text):
            return False
        if " " not in text:
            return True
        # A word with a blank is an option only if its name is one; text such as "-t a" is a value.
        name, equals, _ = text.partition("=")
        spelling = _normalised(name, self._grammar)
        return any(
            spelling in table.by_spelling or (spelling.startswith("--") and equals and table.match(spelling))
            for table in self._tables.tables
        )

    def _read_option(self, word: Word) -> None:
        written, equals, attached = word.text.partition("=")
        spelling = _normalised(written, self._grammar)
        explicit = attached if equals else None
        if "." in spelling and self._grammar.gathers_dotted_options:
            self._read_dotted(word, spelling, explicit)
            return
        rewrites = self._grammar.rewrites_optimization_level and spelling.startswith("-O")
        if rewrites and self._read_optimization_level(word, explicit or spelling[2:]):
            return
        if explicit is not None and not spelling.startswith("--") and not self._is_exact(spelling):
            # A shortened short form takes no attached value: -t=2 is unknown where -tp=2 is not.
            spelling, explicit = word.text, None
        forms, matched = self._match(spelling, word)
        if not forms and explicit is None and re.fullmatch(r"-[A-Za-z].+", spelling):
            # A one-letter short form takes its value without a separator: -qfp8.
            short, _ = self._match(spelling[:2], word, exact=True)
            if short:
                forms, matched, explicit = short, spelling[:2], spelling[2:]
        if not forms:
            self._skip_values_of_unknown(explicit)
            return
        name, repeatable = forms[-1].name, self._grammar.repeatable
        if repeatable is not None and name in self._result.positions and name not in repeatable:
            self._problem("invalid-value", name, word, repeated_option(name))
        self._result.positions[name] = word.position
        if all(form.is_retired for form in forms):
            message = f"{matched} is retired; the engine knows it only to stop with an error"
            self._problem("unknown-option", forms[-1].name, word, message)
            return
        taking_values = tuple(form for form in forms if form.values != "none")
        if taking_values and (explicit is not None or len(taking_values) == len(forms)):
            self._read_values(taking_values, word, explicit)
        else:
            self._read_boolean(forms[-1], matched, word, explicit)

    def _read_optimization_level(self, word: Word, attached: str) -> bool:
        """Read -O3, -O=3 and -O 3, which the engine rewrites before it parses; False for a plain -O."""
        level = attached
        if not level and self._cursor < len(self._words) and self._words[self._cursor].text in _OPTIMIZATION_LEVELS:
            level = self._words[self._cursor].text
            self._cursor += 1
        if not level:
            return False
        self._result.options[_OPTIMIZATION_LEVEL] = level
        self._result.positions[_OPTIMIZATION_LEVEL] = word.position
        return True

    def _is_exact(self, spelling: str) -> bool:
        return any(spelling in table.by_spelling for table in self._tables.tables)

    def _match(self, spelling: str, word: Word, *, exact: bool = False) -> tuple[tuple[EngineOption, ...], str]:
        """Return the option that `spelling` selects, as each table that knows it has it.

        Empty when there is none, or not one; a problem is recorded when every table refuses it.
        """
        selected: dict[str, tuple[tuple[EngineOption, ...], str]] = {}
        refused: list[tuple[str, ...]] = []
        for table in self._tables.tables:
            found = table.match(spelling)
            if not self._grammar.abbreviates and found != (spelling,):
                found = ()
            if exact and found != (spelling,):
                continue
            names = {table.by_spelling[text].name for text in found}
            polarities = {text in table.by_spelling[text].negative_spellings for text in found}
            if len(names) == len(polarities) == 1:
                option = table.by_spelling[found[0]]
                known, _ = selected.get(option.name, ((), ""))
                selected[option.name] = ((*known, option), found[0])
            else:
                refused.append(found)
        if exact:
            return next(iter(selected.values()), ((), spelling))
        if len(selected) == 1:
            return next(iter(selected.values()))
        if selected:
            for name in selected:
                self._note_unresolved(name)
        elif self._tables.is_complete and refused:
            self._refuse(spelling, word, refused)
        return (), spelling

    def _refuse(self, spelling: str, word: Word, refused: Sequence[tuple[str, ...]]) -> None:
        one_letter = re.fullmatch(r"-[A-Za-z].+", spelling) and not spelling.startswith("--")
        if one_letter and any(spelling[:2] in table.by_spelling for table in self._tables.tables):
            return
        candidates = sorted(set.intersection(*(set(found) for found in refused)))
        if all(refused):
            listed = ", ".join(candidates[:6]) if candidates else ", ".join(refused[-1][:6])
            self._problem(
                "ambiguous-option",
                spelling,
                word,
                f"ambiguous option: {spelling} could match {listed}; the engine exits with code 2",
            )
        elif not any(refused):
            self._problem(
                "unknown-option",
                spelling,
                word,
                unknown_option(self._grammar.parser, word.text),
            )

    def _skip_values_of_unknown(self, explicit: str | None) -> None:
        if explicit is None:
            while self._cursor < len(self._words) and not self._looks_like_option(self._words[self._cursor]):
                if not self._words[self._cursor].is_resolved:
                    break
                self._cursor += 1

    def _read_boolean(self, option: EngineOption, matched: str, word: Word, explicit: str | None) -> None:
        if explicit is not None:
            self._problem(
                "boolean-with-value",
                option.name,
                word,
                value_of_switch(self._grammar.parser, matched, explicit),
            )
        elif self._cursor < len(self._words) and not self._looks_like_option(self._words[self._cursor]):
            self._result.after_booleans[len(self._result.positionals)] = option.name
        self._result.options[option.name] = "false" if matched in option.negative_spellings else "true"

    def _read_values(self, forms: Sequence[EngineOption], word: Word, explicit: str | None) -> None:
        if explicit is not None:
            self._store(forms, word, [Word(explicit, word.position, None if word.is_resolved else 0)])
            return
        option = forms[-1]
        values: list[Word] = []
        limit = len(self._words) if option.values in {"any", "many"} else 1
        # click hands over the next word whatever it looks like.
        takes_any = self._grammar.parser == "click"
        while self._cursor < len(self._words) and len(values) < limit:
            following = self._words[self._cursor]
            if following.is_resolved and not takes_any and self._looks_like_option(following):
                break
            values.append(following)
            self._cursor += 1
        if values:
            self._store(forms, word, values)
        elif option.values in {"any", "optional"}:
            self._result.options[option.name] = "true"
        else:
            message = missing_value(self._grammar.parser, option.name)
            if option.values == "many":
                message = f"argument {option.name}: expected at least one argument"
            self._problem("missing-value", option.name, word, message)

    def _store(self, forms: Sequence[EngineOption], word: Word, values: Sequence[Word]) -> None:
        option = forms[-1]
        if not all(value.is_resolved for value in values):
            self._note_unresolved(option.name)
            self._result.options.pop(option.name, None)
            return
        for value in values:
            reasons = [value_refusal(form, value.text) for form in forms]
            if reasons[-1] is not None and None not in reasons:
                self._problem(
                    "invalid-value",
                    option.name,
                    word,
                    f"argument {option.name}: {reasons[-1]}",
                    written=value.text,
                    has_choices=bool(option.choices),
                )
                return
        if option.name in self._result.unresolved:
            self._result.unresolved.remove(option.name)
        if option.accepts_none and len(values) == 1 and values[0].text in {"", "None"}:
            self._result.options.pop(option.name, None)
            return
        self._result.options[option.name] = " ".join(value.text for value in values)

    def _read_dotted(self, word: Word, spelling: str, explicit: str | None) -> None:
        value_word = word if explicit is not None else None
        if explicit is None:
            if self._cursor >= len(self._words):
                self._problem("missing-value", spelling, word, f"{spelling} has no value")
                return
            value_word = self._words[self._cursor]
            explicit = value_word.text
            self._cursor += 1
        is_list = spelling.endswith("+")
        name, *keys = spelling.removesuffix("+").split(".")
        forms, _ = self._match(name, word)
        if not forms:
            return
        option = forms[-1]
        if len(keys) > _MAXIMUM_NESTING:
            self._problem("unreadable", option.name, word, f"{option.name} is nested too deeply to be read")
            return
        self._result.positions[option.name] = word.position
        if value_word is not None and not value_word.is_resolved:
            self._note_unresolved(option.name)
            return
        value: object = explicit.split(",") if is_list else _json_or_text(explicit)
        for key in reversed(keys):
            value = {key: value}
        if isinstance(value, dict):
            _merge(self._dotted.setdefault(option.name, {}), value)

    def _merge_dotted(self, name: str, value: Mapping[str, object]) -> None:
        # The engine appends the gathered JSON at the end, so it replaces a value given as a whole.
        self._result.options[name] = json.dumps(value)

    def _note_unresolved(self, text: str) -> None:
        if text not in self._result.unresolved:
            self._result.unresolved.append(text)

    def _problem(
        self,
        kind: ProblemKind,
        option: str,
        word: Word,
        message: str,
        written: str | None = None,
        *,
        has_choices: bool = False,
    ) -> None:
        is_certain = self._tables.is_certain(kind, option, has_choices=has_choices)
        self._result.problems.append(
            ArgumentProblem(kind, option, written or word.text, message, word.position, is_certain)
        )


def _normalised(written: str, grammar: Grammar) -> str:
    if not grammar.underscores_are_dashes or not written.startswith("--"):
        return written
    head, dot, tail = written.partition(".")
    return head.replace("_", "-") + dot + tail


def _json_or_text(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        number = read_human_readable_integer(text)
        return text if number is None else number


def _merge(target: dict[str, object], addition: Mapping[str, object]) -> None:
    for key, value in addition.items():
        current = target.get(key)
        if isinstance(current, dict) and isinstance(value, dict):
            _merge(current, value)
        elif isinstance(current, list) and isinstance(value, list):
            target[key] = current + value
        else:
            target[key] = value
