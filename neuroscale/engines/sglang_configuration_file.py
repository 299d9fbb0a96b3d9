"""SGLang's `--config FILE`: the options in the file, put before those of the command line, which therefore wins.

`--config=FILE`, as one word, is taken by the parser and never looked at again.

Source: SGLang wheels 0.5.3.post3 to 0.5.23, `prepare_server_args` and `ConfigArgumentMerger`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from packaging.version import Version

from neuroscale.engines.configuration_file import configuration_of
from neuroscale.engines.options import EngineOption
from neuroscale.engines.settings import ArgumentProblem
from neuroscale.engines.sglang_facts import sglang_fact_holds
from neuroscale.engines.sglang_options import sglang_option_tables
from neuroscale.engines.words import Word

OPTION = "--config"


@dataclass(frozen=True, slots=True)
class ConfiguredWords:
    """A command line with the options of its file.

    Attributes:
        words: The words that the engine parses.
        problems: What the engine says about the file.
        ignored: Options that name a file and have no effect.
    """

    words: Sequence[Word]
    problems: tuple[ArgumentProblem, ...] = ()
    ignored: tuple[ArgumentProblem, ...] = ()


def with_configuration_file(
    words: Sequence[Word], files: Mapping[str, str], version: Version | None
) -> ConfiguredWords:
    """Return the words with the file's options before them, in place of `--config FILE`.

    `--config FILE` stays where the file is not known, or where it is not certain what the release makes of it.

    Args:
        words: The arguments after `python -m sglang.launch_server`.
        files: Texts of the files that are known to be in the container, by path.
        version: The engine's version; None when unknown.
    """
    if sglang_fact_holds("configuration-file-comes-first", version) is not True:
        return ConfiguredWords(words)
    ignored = tuple(_without_effect(word) for word in words if word.text.startswith(f"{OPTION}="))
    words = [word for word in words if not word.text.startswith(f"{OPTION}=")]
    places = [at for at, word in enumerate(words) if word.text == OPTION]
    if len(places) > 1:
        message = "Multiple config files specified! Only one allowed."
        option = words[places[-1]]
        return ConfiguredWords(words, (_refusal(OPTION, message, option),), ignored)
    if not places or places[0] + 1 >= len(words) or not words[places[0] + 1].is_resolved:
        return ConfiguredWords(words, ignored=ignored)
    option, path = words[places[0]], words[places[0] + 1].text
    suffix = PurePosixPath(path).suffix
    if suffix.lower() not in {".yaml", ".yml"}:
        message = f"Config file must be YAML format, got: {suffix}"
        return ConfiguredWords(words, (_refusal(path, message, option),), ignored)
    values = configuration_of(files.get(path))
    read = None if values is None else _words(values, option, version)
    if read is None:
        return ConfiguredWords(words, ignored=ignored)
    return ConfiguredWords([*read, *words[: places[0]], *words[places[0] + 2 :]], ignored=ignored)


def _refusal(written: str, message: str, option: Word) -> ArgumentProblem:
    return ArgumentProblem("invalid-value", OPTION, written, message, option.position)


def _without_effect(word: Word) -> ArgumentProblem:
    message = f"{OPTION}=FILE, as one word, is never read; SGLang reads the file of {OPTION} FILE alone"
    return ArgumentProblem("invalid-value", OPTION, word.text, message, word.position)


def _words(values: Mapping[str, object], option: Word, version: Version | None) -> list[Word] | None:
    """Return the words that the engine makes of a file; None where that is not certain."""
    words: list[Word] = []
    for key, value in values.items():
        texts = _texts(key, value, version)
        if texts is None:
            return None
        words.extend(Word(text, option.position) for text in texts)
    return words


def _texts(key: str, value: object, version: Version | None) -> list[str] | None:
    spelling = f"--{key}"
    forms = list(_forms(spelling, version))
    if any(form.is_retired or form.negative_spellings or form.values == "optional" for form in forms):
        # How the merger takes these differs between releases.
        return None
    if isinstance(value, bool):
        names_value = sglang_fact_holds("configuration-file-names-boolean-values", version)
        if names_value is None or not forms:
            return None
        if names_value and any(form.values != "none" for form in forms):
            return [spelling, str(value).lower()]
        return [spelling] if value else []
    if isinstance(value, list):
        return [spelling, *(str(item) for item in value)] if value else []
    if isinstance(value, dict):
        as_json = sglang_fact_holds("configuration-file-takes-mappings", version)
        return [spelling, json.dumps(value, default=str)] if as_json else None
    return [spelling, str(value)]


def _forms(spelling: str, version: Version | None) -> Iterator[EngineOption]:
    """Yield what an option is in each release that the version may stand for."""
    for table in sglang_option_tables(version).tables:
        if spelling in table.by_spelling:
            yield table.by_spelling[spelling]
