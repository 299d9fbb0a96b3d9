"""The words of a shell script: quotes, comments, continuations, operators and expansions, nothing of them run."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neuroscale.engines.settings import ArgumentPosition
from neuroscale.engines.words import Word

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_NAME_IN_BRACES = re.compile(r"\{([A-Za-z_]\w*)\}", re.ASCII)
_OPERATORS = (
    "&&",
    "||",
    ";;",
    "|&",
    "<<-",
    "<<<",
    "<<",
    ">>",
    ">&",
    "<&",
    "&>",
    ">|",
    "\n",
    ";",
    "&",
    "|",
    "(",
    ")",
    "<",
    ">",
)
_WORD_ENDS = " \t\n;&|()<>"
_PLAIN_TEXT = re.compile(r"(?:[^\s;&|()<>'\"\\$`#{]|\{(?!\{))+")
_PLAIN_QUOTED_TEXT = re.compile(r"(?:[^\"\\$`{]|\{(?!\{))+")
# What a template engine replaces before a shell sees the script: KServe's `{{ .Spec.Model.Name }}`.
_ACTION = "{{"
_ACTION_END = "}}"
# Stand for a file through which another command is read or written.
_PROCESSES = ("<(", ">(")
# Where the script itself changes what "$@" stands for, or may stand in a function, which has its own.
_CHANGES_PARAMETERS = re.compile(
    r"(?:^|[\s;&|({])shift(?:$|[\s;&|)}])|\bset[ \t]+(?:-\w+[ \t]+)*--|\(\)\s*\{|\bfunction\s"
)


class ShellSyntaxError(Exception):
    """The script is outside what can be read without running it; the message says where."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of a word, and where in it the first unknown expansion stands."""

    text: str
    unresolved_at: int | None

    def followed_by(self, other: "_Piece") -> "_Piece":
        unresolved_at = self.unresolved_at
        if unresolved_at is None and other.unresolved_at is not None:
            unresolved_at = len(self.text) + other.unresolved_at
        return _Piece(self.text + other.text, unresolved_at)


def _as_piece(expansion: "Word | _Piece") -> _Piece:
    return _Piece(expansion.text, None) if isinstance(expansion, Word) else expansion


class ShellReader:
    """A cursor over one script."""

    def __init__(
        self, text: str, position: ArgumentPosition, variables: Mapping[str, Word], parameters: Sequence[Word]
    ) -> None:
        self._text = text.replace("\r\n", "\n")
        self._position = position
        self._variables = variables
        self._parameters = parameters
        self._keeps_parameters = _CHANGES_PARAMETERS.search(self._text) is None
        self._cursor = 0

    def commands(self) -> list[list[Word]]:
        """Split the script at its control operators."""
        commands: list[list[Word]] = [[]]
        while self._cursor < len(self._text):
            operator = self._operator()
            if operator is None:
                commands[-1].extend(self._word())
            elif operator in {"<<", "<<-"}:
                self._skip_here_document()
            elif operator[0] in "<>" or operator == "&>":
                self._skip_redirection(commands[-1], operator)
            elif operator.strip(" "):
                commands.append([])
        return [command for command in commands if command]

    def _operator(self) -> str | None:
        """Consume blanks, a comment or one operator; None when a word starts here."""
        text = self._text
        if text[self._cursor] in " \t":
            self._cursor += 1
            return " "
        if text.startswith("\\\n", self._cursor):
            self._cursor += 2
            return " "
        if text[self._cursor] == "#":
            end = text.find("\n", self._cursor)
            self._cursor = len(text) if end < 0 else end
            return " "
        if self._at_expansion():
            return None
        for operator in _OPERATORS:
            if text.startswith(operator, self._cursor):
                self._cursor += len(operator)
                return operator
        return None

    def _skip_redirection(self, command: list[Word], operator: str) -> None:
        start = self._cursor - len(operator)
        if command and command[-1].text.isdigit() and start > 0 and self._text[start - 1].isdigit():
            command.pop()
        self._skip_target()

    def _skip_target(self) -> None:
        while self._cursor < len(self._text) and self._text[self._cursor] in " \t":
            self._cursor += 1
        if self._cursor >= len(self._text):
            return
        if self._text[self._cursor] not in "\n;&|()<>" or self._at_expansion():
            self._word()

    def _skip_here_document(self) -> None:
        while self._cursor < len(self._text) and self._text[self._cursor] in " \t":
            self._cursor += 1
        start = self._cursor
        self._skip_target()
        delimiter = self._text[start : self._cursor].strip("'\"\\")
        end = re.compile(rf"\n\t*{re.escape(delimiter)}(?=\n|$)").search(self._text, self._cursor)
        if end is None:
            msg = f"here-document {delimiter!r} has no end"
            raise ShellSyntaxError(msg)
        line_end = self._text.index("\n", self._cursor)
        # What follows the delimiter on its own line still belongs to the script.
        self._text = self._text[:line_end] + self._text[end.end() :]

    def _word(self) -> list[Word]:
        """Read one word; "$@" and unquoted expansions may give none or several."""
        words: list[Word] = []
        piece = _Piece("", None)
        started = takes_parameters = False
        text = self._text
        while self._cursor < len(text):
            character = text[self._cursor]
            if character in _WORD_ENDS and not self._at_expansion():
                break
            if text.startswith(('"$@"', "$@"), self._cursor):
                self._cursor += 4 if character == '"' else 2
                takes_parameters = True
                words.extend(
                    self._parameters[1:]
                    if self._keeps_parameters
                    else [Word("$@", self._position, unresolved_at=0)]
                )
                continue
            if self._at_expansion() and not started:
                expansion = self._expansion()
                if isinstance(expansion, Word) and self._at_word_end():
                    # An unquoted expansion is split at blanks.
                    return [*words, *(Word(part, expansion.position) for part in expansion.text.split())]
                piece = piece.followed_by(_as_piece(expansion))
            else:
                piece = piece.followed_by(self._piece())
            started = True
        if started or not takes_parameters:
            words.append(Word(piece.text, self._position, piece.unresolved_at))
        return words

    def _piece(self) -> "_Piece":
        """Read a quoted part, an expansion, an escape or one character."""
        character = self._text[self._cursor]
        if character == "'":
            return _Piece(self._single_quoted(), None)
        if character == '"':
            return self._double_quoted()
        if self._at_expansion():
            return _as_piece(self._expansion())
        if character == "\\":
            escaped = self._text[self._cursor + 1 : self._cursor + 2]
            self._cursor += 2
            return _Piece("" if escaped == "\n" else escaped, None)
        plain = _PLAIN_TEXT.match(self._text, self._cursor)
        self._cursor = self._cursor + 1 if plain is None else plain.end()
        return _Piece(character if plain is None else plain.group(), None)

    def _at_expansion(self) -> bool:
        return self._text[self._cursor] in "$`" or self._text.startswith((_ACTION, *_PROCESSES), self._cursor)

    def _at_word_end(self) -> bool:
        return self._cursor >= len(self._text) or self._text[self._cursor] in _WORD_ENDS

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._cursor + 1)
        if end < 0:
            msg = "a single quote is never closed"
            raise ShellSyntaxError(msg)
        piece = self._text[self._cursor + 1 : end]
        self._cursor = end + 1
        return piece

    def _double_quoted(self) -> "_Piece":
        piece = _Piece("", None)
        text = self._text
        self._cursor += 1
        while self._cursor < len(text):
            character = text[self._cursor]
            if character == '"':
                self._cursor += 1
                return piece
            if character == "\\":
                escaped = text[self._cursor + 1 : self._cursor + 2]
                kept = "" if escaped == "\n" else escaped if escaped in '$`"\\' else "\\" + escaped
                piece = piece.followed_by(_Piece(kept, None))
                self._cursor += 2
            elif self._at_expansion():
                piece = piece.followed_by(_as_piece(self._expansion()))
            else:
                plain = _PLAIN_QUOTED_TEXT.match(text, self._cursor)
                quoted = character if plain is None else plain.group()
                piece = piece.followed_by(_Piece(quoted, None))
                self._cursor += len(quoted)
        msg = "a double quote is never closed"
        raise ShellSyntaxError(msg)

    def _expansion(self) -> "Word | _Piece":
        """Consume an expansion; return the variable as a word, or the source text as an unresolved piece."""
        text, start = self._text, self._cursor
        if text[start] == "{":
            end = text.find(_ACTION_END, start)
            self._cursor = start + len(_ACTION) if end < 0 else end + len(_ACTION_END)
            return _Piece(text[start : self._cursor], None if end < 0 else 0)
        if text[start] == "`":
            end = text.find("`", start + 1)
            if end < 0:
                msg = "a backquote is never closed"
                raise ShellSyntaxError(msg)
            self._cursor = end + 1
            return _Piece(text[start : end + 1], 0)
        following = text[start + 1 : start + 2]
        if text[start] in "<>":
            self._cursor = self._closing(start + 1)
            return _Piece(text[start : self._cursor], 0)
        match = _NAME.match(text, start + 1) or _NAME_IN_BRACES.match(text, start + 1)
        if match is not None:
            self._cursor = match.end()
            variable = self._variables.get(match.group().strip("{}"))
            return variable if variable is not None else _Piece(text[start : self._cursor], 0)
        if following in {"(", "{"}:
            self._cursor = self._closing(start + 1)
            return _Piece(text[start : self._cursor], 0)
        if following and following in "@*#?$!-0123456789":
            self._cursor = start + 2
            return _Piece(text[start : self._cursor], 0)
        self._cursor = start + 1
        # A dollar sign in front of a quote only selects another kind of quoting.
        return _Piece("" if following in {"'", '"'} else "$", None)

    def _closing(self, opening: int) -> int:
        """Return the index after the bracket that closes the one at `opening`."""
        pairs = {"(": ")", "{": "}"}
        close = pairs[self._text[opening]]
        depth = 0
        quote: str | None = None
        for index in range(opening, len(self._text)):
            character = self._text[index]
            if quote is not None:
                quote = None if character == quote else quote
            elif character in "'\"":
                quote = character
            elif character == self._text[opening]:
                depth += 1
            elif character == close:
                depth -= 1
                if depth == 0:
                    return index + 1
        msg = f"{self._text[opening]!r} after a dollar sign is never closed"
        raise ShellSyntaxError(msg)
