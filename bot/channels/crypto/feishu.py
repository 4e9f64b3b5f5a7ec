"""How Feishu encrypts and signs what it sends.

AES-256-CBC under the SHA-256 of the encrypt key, the IV in front, padded to 16 bytes. The
signature is a plain SHA-256 over time, nonce, key and the body exactly as it came: JSON that
was read and written again has another one.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from bot.errors import NotSigned

_IV_BYTES = 16
_PADDING = PKCS7(128)


def sign(timestamp: str, nonce: str, encrypt_key: str, body: bytes) -> str:
    """Return the signature of a request: 64 hexadecimal digits."""
    return hashlib.sha256(
        (timestamp + nonce + encrypt_key).encode(errors="replace") + body
    ).hexdigest()


def verify(signature: str, timestamp: str, nonce: str, encrypt_key: str, body: bytes) -> None:
    """Raise NotSigned unless `signature` is that of the request."""
    expected = sign(timestamp, nonce, encrypt_key, body)
    if not hmac.compare_digest(signature.encode(errors="replace"), expected.encode()):
        raise NotSigned(reason="signature")


def decrypt(encrypt_key: str, encrypt: str) -> bytes:
    """Return what `encrypt` (base64) holds. Raises NotSigned where the key is another one."""
    try:
        raw = b64decode(encrypt, validate=True)
        decryptor = _cipher(encrypt_key, raw[:_IV_BYTES]).decryptor()
        padded = decryptor.update(raw[_IV_BYTES:]) + decryptor.finalize()
        remover = _PADDING.unpadder()
        return remover.update(padded) + remover.finalize()
    except ValueError as error:
        raise NotSigned(reason="envelope") from error


def encrypt(encrypt_key: str, message: bytes, random: bytes | None = None) -> str:
    """Return the message encrypted, as base64; `random` (16 bytes) is for tests."""
    before = random or secrets.token_bytes(_IV_BYTES)
    padder, encryptor = _PADDING.padder(), _cipher(encrypt_key, before).encryptor()
    padded = padder.update(message) + padder.finalize()
    return b64encode(before + encryptor.update(padded) + encryptor.finalize()).decode()


def _cipher(encrypt_key: str, before: bytes) -> Cipher[modes.CBC]:
    key = hashlib.sha256(encrypt_key.encode()).digest()
    return Cipher(algorithms.AES(key), modes.CBC(before))
