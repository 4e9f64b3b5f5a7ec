"""The signed envelope that WeChat, WeCom and DingTalk put around what they send.

AES-256-CBC over `16 random bytes, length, message, receive id`, padded to 32 bytes; the
signature is the SHA-1 of the sorted parts. The length counts bytes, not characters.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from bot.errors import NotSigned

_KEY = re.compile("[A-Za-z0-9+/]{43}")
_IV_BYTES = 16
_RANDOM_BYTES = 16
_LENGTH_BYTES = 4
# To 32 bytes, though AES has blocks of 16: valid messages end in up to 32 bytes of padding.
_PADDING = PKCS7(256)


@dataclass(frozen=True)
class Sealed:
    """An encrypted message with what its signature covers; `encrypt` is base64."""

    encrypt: str
    signature: str
    timestamp: str
    nonce: str


def sign(*parts: str) -> str:
    """Return the signature of strings, whose order does not matter: 40 hexadecimal digits."""
    joined = b"".join(sorted(part.encode() for part in parts))
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def verify(signature: str, *parts: str) -> None:
    """Raise NotSigned unless `signature` is that of the strings, one of which is a secret."""
    if not hmac.compare_digest(signature.encode(), sign(*parts).encode()):
        raise NotSigned(reason="signature")


class WechatEnvelope:
    """Opens and seals for one account.

    `keys` are EncodingAESKeys of 43 characters, the one in use first, so that one can be
    renewed. `receive_id` is whom messages are for: an app id, corporation id or suite id.
    Raises ValueError for a key that is none.
    """

    def __init__(self, token: str, keys: Sequence[str], receive_id: str) -> None:
        self._token = token
        self._keys = tuple(_key(key) for key in keys)
        self._receive_id = receive_id.encode()

    def open(self, sealed: Sealed) -> bytes:
        """Return the message inside.

        Raises NotSigned with the `reason` signature, envelope or receive_id.
        """
        verify(sealed.signature, self._token, sealed.timestamp, sealed.nonce, sealed.encrypt)
        refused = NotSigned(reason="envelope")
        for key in self._keys:
            try:
                return self._read(_decrypt(key, sealed.encrypt))
            except NotSigned as error:
                refused = error
        raise refused

    def seal(
        self, message: bytes, timestamp: str, nonce: str, random: bytes | None = None
    ) -> Sealed:
        """Return the message encrypted and signed; `random` (16 bytes) is for tests."""
        before = random or secrets.token_bytes(_RANDOM_BYTES)
        length = len(message).to_bytes(_LENGTH_BYTES, "big")
        encrypt = _encrypt(self._keys[0], before + length + message + self._receive_id)
        return Sealed(encrypt, sign(self._token, timestamp, nonce, encrypt), timestamp, nonce)

    def _read(self, plain: bytes) -> bytes:
        begin = _RANDOM_BYTES + _LENGTH_BYTES
        end = begin + int.from_bytes(plain[_RANDOM_BYTES:begin], "big")
        if len(plain) < end:
            raise NotSigned(reason="envelope")
        if not hmac.compare_digest(plain[end:], self._receive_id):
            raise NotSigned(reason="receive_id")
        return plain[begin:end]


def _key(text: str) -> bytes:
    if not _KEY.fullmatch(text):
        raise ValueError("an EncodingAESKey has 43 letters and digits")
    return b64decode(text + "=")


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(key[:_IV_BYTES]))


def _decrypt(key: bytes, encrypt: str) -> bytes:
    try:
        decryptor = _cipher(key).decryptor()
        padded = decryptor.update(b64decode(encrypt, validate=True)) + decryptor.finalize()
        remover = _PADDING.unpadder()
        return remover.update(padded) + remover.finalize()
    except ValueError as error:
        raise NotSigned(reason="envelope") from error


def _encrypt(key: bytes, plain: bytes) -> str:
    padder, encryptor = _PADDING.padder(), _cipher(key).encryptor()
    padded = padder.update(plain) + padder.finalize()
    return b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
