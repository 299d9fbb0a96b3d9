"""vLLM's `--config FILE`: the options in the file, spliced into the command line where the engine splices them.

The file's options stand before those of the command line, so that the command line wins; a model there stays first.
`--config=FILE`, as one word, is taken by the parser and never looked at again.

Source: vLLM 0.8.5 to 0.33.0, `FlexibleArgumentParser._pull_args_from_config` and `load_config_file`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from neuroscale.engines.configuration_file import configuration_of
from neuroscale.engines.settings import ArgumentProblem
from neuroscale.engines.vllm_facts import fact_holds
from neuroscale.engines.vllm_options import option_tables
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
    words: Sequence[Word], files: Mapping[str, str], version: Version | None, *, model_is_positional: bool
) -> ConfiguredWords:
    """Return the words with the file's options in place of `--config FILE`.

    `--config FILE` stays where the file is not known or cannot be read with certainty.

    Args:
        words: The arguments after `vllm serve`, or after the module of `python -m`.
        files: Texts of the files that are known to be in the container, by path.
        version: The engine's version; None when unknown.
        model_is_positional: Whether it is `vllm serve`.
    """
    ignored = tuple(_without_effect(word) for word in words if _is_one_word(word))
    words = [word for word in words if not _is_one_word(word)]
    index = next((at for at, word in enumerate(words) if word.text == OPTION), None)
    if index is None or index + 1 >= len(words) or not words[index + 1].is_resolved:
        return ConfiguredWords(words, ignored=ignored)
    option, path = words[index], words[index + 1].text
    extension = path.split(".")[-1]
    if extension not in {"yaml", "yml"}:
        message = f"Config file must be of a yaml/yml type. {extension} supplied"
        refusal = ArgumentProblem("invalid-value", OPTION, path, message, option.position)
        return ConfiguredWords(words, (refusal,), ignored)
    read = _options(files.get(path), option, version)
    if read is None or (not model_is_positional and not fact_holds("config-file-options-come-first", version)):
        return ConfiguredWords(words, ignored=ignored)
    before, after = words[:index], words[index + 2 :]
    has_model = model_is_positional and bool(before) and not before[0].text.startswith("-")
    kept = before[:1] if has_model else []
    return ConfiguredWords([*kept, *read, *before[len(kept) :], *after], ignored=ignored)


def _is_one_word(word: Word) -> bool:
    return word.text.startswith(f"{OPTION}=")


def _without_effect(word: Word) -> ArgumentProblem:
    message = f"{OPTION}=FILE, as one word, is never read; vLLM reads the file of {OPTION} FILE alone"
    return ArgumentProblem("invalid-value", OPTION, word.text, message, word.position)


def _options(text: str | None, option: Word, version: Version | None) -> list[Word] | None:
    """Return the words that the engine makes of a file; None where that is not certain."""
    values = configuration_of(text)
    if values is None:
        return None
    return [word for key, value in values.items() for word in _words(key, value, option, version)]


def _words(key: str, value: object, option: Word, version: Version | None) -> Iterator[Word]:
    def word(text: str, *, is_known: bool = True) -> Word:
        return Word(text, option.position, None if is_known else 0)

    match value:
        case True:
            yield word(f"--{key}")
        case False:
            spelling = f"--no-{key}"
            option_named = next(
                (
                    each.by_spelling[spelling]
                    for each in option_tables(version).tables
                    if spelling in each.by_spelling
                ),
                None,
            )
            # Older versions drop the line without a word.
            switches_off = fact_holds("config-file-switches-off", version)
            if option_named is not None and switches_off is not False:
                yield word(spelling) if switches_off else word(option_named.name, is_known=False)
        case list():
            as_words = fact_holds("config-file-takes-lists", version)
            if value or as_words is False:
                yield word(f"--{key}")
            if as_words:
                yield from (word(str(item)) for item in value)
            elif value or as_words is False:
                yield word(str(value), is_known=as_words is False)
        case dict():
            yield word(f"--{key}")
            as_json = fact_holds("config-file-takes-mappings", version)
            text = str(value) if as_json is False else json.dumps(value, default=str)
            yield word(text, is_known=as_json is not None)
        case _:
            yield word(f"--{key}")
            yield word(str(value))
