"""When the process that scans looks for objects in circles that nobody needs any more."""

import gc

# What an answer leaves in circles, most of a megabyte, is cleared away while nobody waits, and after so many answers whoever waits.
_ANSWERS_AT_REST, _ANSWERS_AT_MOST = 1, 5


class Rubbish:
    """To look for them among all facts of an app takes longer than to answer: nobody does while a person types."""

    def __init__(self) -> None:
        self._left = 0
        self._scanned = self._kept = 0
        gc.disable()

    def note(self, scanned: int) -> None:
        """An answer was given, of what was scanned from the start for so many times."""
        self._left += 1
        self._scanned = scanned
        if self._left >= _ANSWERS_AT_MOST:
            self.rest()

    def rest(self) -> None:
        """Nobody waits."""
        if self._kept != self._scanned:
            gc.unfreeze()
            gc.collect()
            gc.freeze()  # what is there after a first scan is looked through once, and stays
            self._left, self._kept = 0, self._scanned
        elif self._left >= _ANSWERS_AT_REST:
            self._left = 0
            gc.collect()
