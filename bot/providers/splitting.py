"""Cuts a document that arrives piece by piece into the objects of its lists."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from bot.errors import ImportRejected
from bot.scheduling.importing import rejected

# No object of a list is longer; so much is looked at again with each piece at most.
LONGEST = 1024 * 1024
_BLANK = " \t\n\r"


@dataclass(frozen=True)
class Found:
    """Object `number` of the list `name`."""

    name: str
    number: int
    value: dict[str, Any]


class Splitter:
    """Reads `{"list": [{…}, …], …}` without ever holding more than an object and a piece.

    `names` are the lists that may be there. Both calls raise ImportRejected with the path of
    what is no such document.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)
        self._text = codecs.getincrementaldecoder("utf-8-sig")()
        self._json = json.JSONDecoder()
        self._buffer = ""
        self._at = 0
        self._last = False
        self._step: Callable[[], Found | None] = self._open
        self._path = "$"
        self._list = ""
        self._number = 0
        self._seen: set[str] = set()

    def feed(self, piece: bytes) -> Iterator[Found]:
        """Take the next piece and return the objects that are whole with it."""
        yield from self._read(self._decoded(piece))

    def finish(self) -> Iterator[Found]:
        """Say that there are no more pieces, and return what was still to come."""
        self._last = True
        yield from self._read(self._decoded(b""))
        if self._step != self._end:
            raise self._fault("the document ends too early")

    def _decoded(self, piece: bytes) -> str:
        try:
            return self._text.decode(piece, final=self._last)
        except UnicodeDecodeError:
            raise self._fault("is not UTF-8") from None

    def _read(self, text: str) -> Iterator[Found]:
        self._buffer, self._at = self._buffer[self._at :] + text, 0
        while self._skip_blanks():
            before = self._at
            found = self._step()
            if found is not None:
                yield found
            elif self._at == before:
                return  # the rest is the beginning of something

    def _skip_blanks(self) -> bool:
        """Go to what is next; say whether there is something."""
        while self._at < len(self._buffer) and self._buffer[self._at] in _BLANK:
            self._at += 1
        return self._at < len(self._buffer)

    # --- what can be next ---

    def _open(self) -> None:
        self._sign("{")
        self._step = self._first_name

    def _first_name(self) -> None:
        if self._buffer[self._at] == "}":
            self._close()
        else:
            self._name()

    def _name(self) -> None:
        if self._buffer[self._at] != '"':
            raise self._fault("a name in double quotes is expected")
        name = self._value()
        if name is None:
            return
        self._path = f"$.{name}"
        if name not in self._names:
            raise self._fault("there is no such list")
        if name in self._seen:
            raise self._fault("the list is in the file already")
        self._seen.add(name)
        self._list, self._number = name, 0
        self._step = self._colon

    def _colon(self) -> None:
        self._sign(":")
        self._step = self._bracket

    def _bracket(self) -> None:
        self._sign("[")
        self._step = self._first_object

    def _first_object(self) -> Found | None:
        if self._buffer[self._at] == "]":
            self._end_of_list()
            return None
        return self._object()

    def _object(self) -> Found | None:
        self._path = f"$.{self._list}[{self._number}]"
        if self._buffer[self._at] != "{":
            raise self._fault("an object is expected")
        value = self._value()
        if value is None:
            return None
        found = Found(self._list, self._number, value)
        self._number += 1
        self._step = self._after_object
        return found

    def _after_object(self) -> None:
        if self._buffer[self._at] == "]":
            self._end_of_list()
            return
        self._sign(",")
        self._step = self._object

    def _end_of_list(self) -> None:
        self._at += 1
        self._path = "$"
        self._step = self._after_list

    def _after_list(self) -> None:
        if self._buffer[self._at] == "}":
            self._close()
            return
        self._sign(",")
        self._step = self._name

    def _end(self) -> None:
        raise self._fault("nothing may follow the document")

    def _close(self) -> None:
        self._at += 1
        self._step = self._end

    # --- reading ---

    def _sign(self, sign: str) -> None:
        if self._buffer[self._at] != sign:
            raise self._fault(f"{sign!r} is expected, not {self._buffer[self._at]!r}")
        self._at += 1

    def _value(self) -> Any:
        """Return the whole value that begins here, or None where only its beginning is there."""
        try:
            value, self._at = self._json.raw_decode(self._buffer, self._at)
        except json.JSONDecodeError as error:
            if self._last or len(self._buffer) - self._at > LONGEST:
                raise self._fault(f"is not JSON: {error.msg}") from None
            return None
        except RecursionError:
            raise self._fault("is nested too deeply") from None
        return value

    def _fault(self, detail: str) -> ImportRejected:
        return rejected([{"path": self._path, "detail": detail}])
