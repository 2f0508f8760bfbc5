"""UTF-16 text as UTF-8, with the way back to the offsets of the file; knows nothing of keys."""

from bisect import bisect_right
from codecs import BOM_UTF16_BE, BOM_UTF16_LE

from batten.text import Span


class Utf8:
    """The text of a file in UTF-8, and where its bytes come from."""

    def __init__(self, data: bytes) -> None:
        codec = _codec(data)
        self.converted = codec is not None
        self.data = data
        self._starts: list[int] = []
        if codec is None:
            return
        # Offsets within a line differ by a constant while its characters are ASCII, which keys and names are; one entry per run.
        text = data.decode(codec, "replace")
        self.data = text.encode()
        self._starts, self._origins = _runs(text)

    def origin(self, span: Span) -> Span:
        """The range in the file of a range in ``data`` that begins and ends at characters."""
        if not self.converted:
            return span
        return Span(self._origin(span.start), self._origin(span.end))

    def _origin(self, offset: int) -> int:
        run = bisect_right(self._starts, offset) - 1
        return self._origins[run] + 2 * (offset - self._starts[run])


def _codec(data: bytes) -> str | None:
    if data.startswith(BOM_UTF16_LE):
        return "utf-16-le"
    return "utf-16-be" if data.startswith(BOM_UTF16_BE) else None


def _runs(text: str) -> tuple[list[int], list[int]]:
    """Starts of runs of ASCII characters in UTF-8, and in UTF-16; any other character is a run of its own."""
    starts, origins = [0], [0]
    utf8 = utf16 = 0
    plain = True
    for character in text:
        if character.isascii():
            if not plain:
                starts.append(utf8)
                origins.append(utf16)
                plain = True
            utf8 += 1
            utf16 += 2
        else:
            starts.append(utf8)
            origins.append(utf16)
            plain = False
            utf8 += len(character.encode())
            utf16 += len(character.encode("utf-16-le"))
    return starts, origins
