"""Frames of Taobao's message connection (TMC), version 2: little-endian headers, typed values."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from bot.errors import MalformedFrame

VERSION = 2
KIND = "__kind"


class Type(IntEnum):
    """What a frame is for."""

    CONNECT = 0
    CONNECT_ACK = 1
    SEND = 2
    SEND_ACK = 3


class Kind(IntEnum):
    """What a SEND frame says."""

    PULL = 1
    CONFIRM = 2
    DATA = 3
    FAILED = 20


class _Header(IntEnum):
    END = 0
    CUSTOM = 1
    STATUS = 2
    PHRASE = 3
    FLAG = 4
    TOKEN = 5


class _Format(IntEnum):
    VOID = 0
    TEXT = 1
    BYTE = 2
    INT16 = 3
    INT32 = 4
    INT64 = 5
    DATE = 6
    BYTES = 7


_NUMBERS = {
    _Format.BYTE: struct.Struct("<b"),
    _Format.INT16: struct.Struct("<h"),
    _Format.INT32: struct.Struct("<i"),
    _Format.INT64: struct.Struct("<q"),
    _Format.DATE: struct.Struct("<q"),
}
_SHORT, _INT = struct.Struct("<h"), struct.Struct("<i")


@dataclass(frozen=True)
class Frame:
    """One frame; `values` are its custom headers, dates among them as milliseconds."""

    type: Type
    values: Mapping[str, Any] = field(default_factory=dict)
    token: str | None = None
    status: int | None = None
    phrase: str | None = None

    @property
    def kind(self) -> int | None:
        """What a SEND frame says."""
        return self.values.get(KIND)


def encode(frame: Frame) -> bytes:
    """Return a frame as it travels."""
    parts = [bytes([VERSION, frame.type])]
    if frame.status is not None:
        parts += [_SHORT.pack(_Header.STATUS), _INT.pack(frame.status)]
    if frame.phrase is not None:
        parts += [_SHORT.pack(_Header.PHRASE), _counted(frame.phrase.encode())]
    if frame.token is not None:
        parts += [_SHORT.pack(_Header.TOKEN), _counted(frame.token.encode())]
    for name, value in frame.values.items():
        parts += [_SHORT.pack(_Header.CUSTOM), _counted(name.encode()), _value(name, value)]
    return b"".join([*parts, _SHORT.pack(_Header.END)])


def _counted(data: bytes) -> bytes:
    return _INT.pack(len(data)) + data


def _value(name: str, value: int | str | bytes | None) -> bytes:
    if value is None:
        return bytes([_Format.VOID])
    if isinstance(value, str):
        return bytes([_Format.TEXT]) + _counted(value.encode())
    if isinstance(value, bytes):
        return bytes([_Format.BYTES]) + _counted(value)
    form = _Format.BYTE if name == KIND else _Format.INT64
    return bytes([form]) + _NUMBERS[form].pack(value)


def decode(data: bytes) -> Frame:
    """Read a frame. Raises MalformedFrame."""
    try:
        return _Reader(data).frame()
    except (struct.error, IndexError, ValueError) as error:
        raise MalformedFrame from error


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 1  # behind the version

    def frame(self) -> Frame:
        found: dict[str, Any] = {"type": Type(self._data[1])}
        self._at = 2
        values: dict[str, Any] = {}
        fixed: dict[_Header, tuple[str, Callable[[], Any]]] = {
            _Header.STATUS: ("status", lambda: self._number(_INT)),
            _Header.PHRASE: ("phrase", self._text),
            _Header.FLAG: ("flag", lambda: self._number(_INT)),
            _Header.TOKEN: ("token", self._text),
        }
        while (header := _Header(self._number(_SHORT))) is not _Header.END:
            if header is _Header.CUSTOM:
                name = self._text()
                values[name] = self._typed()
            else:
                key, read = fixed[header]
                found[key] = read()
        found.pop("flag", None)
        return Frame(values=values, **found)

    def _typed(self) -> Any:
        form = _Format(self._number(struct.Struct("<b")))
        if form is _Format.VOID:
            return None
        if form is _Format.TEXT:
            return self._text()
        if form is _Format.BYTES:
            return self._counted()
        return self._number(_NUMBERS[form])

    def _number(self, form: struct.Struct) -> int:
        (value,) = form.unpack_from(self._data, self._at)
        self._at += form.size
        return int(value)

    def _counted(self) -> bytes:
        size = self._number(_INT)
        data = self._data[self._at : self._at + size]
        if size < 0 or len(data) != size:
            raise ValueError(size)
        self._at += size
        return data

    def _text(self) -> str:
        return self._counted().decode()
