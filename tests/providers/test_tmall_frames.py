"""Frames of the message connection, against bytes written out by hand from the known client."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import MalformedFrame
from bot.providers.tmall.frames import KIND, Frame, Kind, Type, decode, encode

CONFIRM = bytes.fromhex(
    "0202"  # version 2, SEND
    "0500" "02000000" "6162"  # token "ab"
    "0100" "06000000" "5f5f6b696e64" "02" "02"  # __kind: byte 2
    "0100" "02000000" "6964" "05" "0100000000002000"  # id: int64 2**53 + 1
    "0000"
)  # fmt: skip


def test_a_confirmation_is_written_as_the_known_client_does():
    frame = Frame(Type.SEND, {KIND: Kind.CONFIRM, "id": 2**53 + 1}, "ab")
    assert encode(frame) == CONFIRM
    assert decode(CONFIRM) == frame


def test_what_the_platform_sends_is_read():
    data = bytes.fromhex(
        "0201"  # CONNECT_ACK
        "0200" "07000000"  # status 7
        "0300" "02000000" "6e6f"  # phrase "no"
        "0400" "01000000"  # flag
        "0100" "01000000" "61" "03" "ffff"  # a: int16 -1
        "0100" "01000000" "62" "06" "e803000000000000"  # b: date 1000
        "0100" "01000000" "63" "00"  # c: void
        "0100" "01000000" "64" "07" "01000000" "ff"  # d: bytes
        "0000"
    )  # fmt: skip
    values = {"a": -1, "b": 1000, "c": None, "d": b"\xff"}
    assert decode(data) == Frame(Type.CONNECT_ACK, values, None, 7, "no")


texts = st.text(st.characters(codec="utf-8"))


@given(
    st.sampled_from(Type),
    st.dictionaries(
        texts.filter(lambda x: x != KIND), texts | st.integers(-(2**63), 2**63 - 1) | st.binary()
    ),
    st.none() | texts,
)
def test_a_frame_is_read_as_it_was_written(kind, values, token):
    frame = Frame(kind, values, token)
    assert decode(encode(frame)) == frame


@given(st.binary(max_size=60))
def test_anything_else_is_refused(data):
    try:
        decode(data)
    except MalformedFrame:
        return


@pytest.mark.parametrize("length", range(len(CONFIRM)))
def test_a_part_of_a_frame_is_no_frame(length):
    with pytest.raises(MalformedFrame):
        decode(CONFIRM[:length])
