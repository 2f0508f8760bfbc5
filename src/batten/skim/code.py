"""Which bytes of a JavaScript or TypeScript text are code, and which lie in comments, strings, templates and patterns.

Not a parser: it knows tokens, and of JSX only that an apostrophe in text has no partner on its line.
"""

from batten.regex import regex

DOUBLE = rb'"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+|(?!))*+"'
SINGLE = rb"'[^'\\\n]*+(?:\\[^\n][^'\\\n]*+|(?!))*+'"
LINE_COMMENT = rb"//[^\n]*+\n"
BLOCK_COMMENT = rb"/\*[^*]*+(?:\*(?!/)[^*]*+|(?!))*+\*/"
# A template whose expressions hold no template, comment or braces of their own; any other is walked by ``Code._template``.
_FLAT = rb"""\$\{(?:[^{}`"'/\n]|"[^"{}`\\\n]*+"|'[^'{}`\\\n]*+'|(?!))*+\}"""
TEMPLATE = rb"`[^`\\$]*+(?:(?:\\[\s\S]|\$(?!\{)|" + _FLAT + rb")[^`\\$]*+|(?!))*+`"
# A slash opens a pattern after an operator or an opening bracket, and at the start of a line where no space follows.
# Lengths are bounded, so that a hostile line stays cheap.
_INSIDE = rb"(?<=[(,=:\[!&|?{;])|(?<=[(,=:\[!&|?;] )|(?<=return )|(?<==> )"
_LINE_START = rb"(?<=[\n\t])|(?<=\n  )|(?<=    )"
_OPENS = rb"(?:(?:" + _INSIDE + rb")/(?![*/>])|(?:" + _LINE_START + rb")/(?![*/> ]))"
PATTERN = _OPENS + rb"(?:[^/\\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n]){0,400}+\]|(?!)){1,400}+/"
_DIVISION = rb"(?!" + _OPENS + rb")/(?![/*])"

_TOKENS = b"|".join((DOUBLE, SINGLE, LINE_COMMENT, BLOCK_COMMENT, TEMPLATE, PATTERN))
_SKIP = regex(rb"""(?:[^"'`/]++|""" + _TOKENS + rb"|" + _DIVISION + rb"|(?!))*+")
_SKIP_BRACED = regex(rb"""(?:[^"'`/{}]++|""" + _TOKENS + rb"|" + _DIVISION + rb"|(?!))*+")
_TOKEN = regex(_TOKENS)
_TEMPLATE_TEXT = regex(rb"[^`\\$]*+(?:(?:\\[\s\S]|\$(?!\{))[^`\\$]*+|(?!))*+")

# Comments and templates that open and never close: after this many the rest of the file is not code that this reader understands.
_MISREADS = 16


class Code:
    """A cursor that tells, for rising offsets, whether they are code."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data = data
        self._at = start
        self._end = end
        self._braces: list[int] = []
        """One count of open braces for each template expression the cursor is in."""
        self._misreads = 0
        self._doubtful_until = -1
        """The end of the last line on which a quote had no partner."""

    def move(self, offset: int) -> None:
        """Goes on from here: ``offset`` is known to be code."""
        self._at = max(self._at, offset)

    def reaches(self, offset: int) -> bool:
        """Whether ``offset`` is code; offsets must not fall from call to call."""
        data = self._data
        while self._at < offset:
            skip = _SKIP_BRACED if self._braces else _SKIP
            found = skip.match(data, self._at, offset)
            self._at = at = found.end() if found else self._at
            if at >= offset:
                break
            self._token(data[at : at + 1], at)
        return self._at == offset

    def _token(self, sign: bytes, at: int) -> None:
        """Passes what the pattern stopped at: a brace, a token that ends beyond the offset asked for, or one that never ends."""
        if sign == b"{":
            self._braces[-1] += 1
            self._at = at + 1
        elif sign == b"}":
            self._braces[-1] -= 1
            self._at = at + 1
            if self._braces[-1] == 0:
                self._braces.pop()
                self._template(at + 1)
        elif (token := _TOKEN.match(self._data, at, self._end)) is not None:
            self._at = token.end()
        elif sign == b"`":
            self._template(at + 1)
        elif self._data.startswith(b"//", at):
            self._at = self._end
        elif self._data.startswith(b"/*", at):
            self._at = self._misread(at)
        elif sign == b"/":
            self._at = at + 1
        else:
            self._at = self._apostrophe(at)

    def _template(self, at: int) -> None:
        """Passes template text from ``at`` to the end of the template or into its next expression."""
        text = _TEMPLATE_TEXT.match(self._data, at, self._end)
        stop = text.end() if text else at
        if stop >= self._end:
            self._at = self._misread(at - 1)
        elif self._data[stop : stop + 1] == b"`":
            self._at = stop + 1
        elif self._data[stop : stop + 2] == b"${":
            self._braces.append(1)
            self._at = stop + 2
        else:
            self._at = stop + 2

    def _misread(self, at: int) -> int:
        """Where to go on after a comment or template that opens here and never closes: it was text, not code."""
        self._misreads += 1
        return at + 1 if self._misreads <= _MISREADS else self._end

    def _apostrophe(self, at: int) -> int:
        """Where to go on after a quote without a partner on its line; a second one on that line gives the line up."""
        if at < self._doubtful_until:
            return self._doubtful_until
        line_end = self._data.find(b"\n", at, self._end)
        self._doubtful_until = self._end if line_end == -1 else line_end
        return at + 1
