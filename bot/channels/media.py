"""Fetching what consumers send through a maker: from the maker's hosts only, and not too much.

The address of a photo comes in a message, so anybody may have written it. It is only asked for
over HTTPS, from hosts that the channel names, at public addresses, redirects included.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from bot.errors import MediaRefused, MediaUnavailable, TooLarge

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_SERVER_ERROR = 500
_BUSY = frozenset({408, 425, 429})
_CHUNK = 64 * 1024
_ENCODING = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class MediaRules:
    """Where a channel's media lie, the largest in bytes, and how many seconds a fetch may take.

    A host is a name ("api.telegram.org") or, with a dot before it, all names that end so
    (".fbsbx.com"). `origins` are an operator's own ("http://10.0.0.5:8081"): asked as they
    stand, wherever they are.
    """

    hosts: Collection[str]
    max_bytes: int
    origins: Collection[str] = ()
    timeout: float = 20.0


@dataclass
class MediaFetcher:
    """Fetches media under one channel's rules. Use as an async context manager."""

    rules: MediaRules
    _sessions: dict[bool, aiohttp.ClientSession] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        """Open the connections: one pool for public addresses, one for the operator's own."""
        timeout = aiohttp.ClientTimeout(total=self.rules.timeout)
        for own in (False, True):
            resolver = ThreadedResolver() if own else PublicResolver(ThreadedResolver())
            self._sessions[own] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver),
                timeout=timeout,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        for session in self._sessions.values():
            await session.close()

    async def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Return what lies at `url`. `headers` go to its own origin only, not where it redirects.

        Raises MediaRefused where the address is not one of the rules' or the maker says no,
        TooLarge, and MediaUnavailable where a later try may succeed.
        """
        try:
            async with asyncio.timeout(self.rules.timeout):
                return await self._follow(_url(url), dict(headers or {}))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise MediaUnavailable(f"the maker's media cannot be reached: {error!r}") from error

    async def _follow(self, url: URL, headers: dict[str, str]) -> bytes:
        for _ in range(_MOST_REDIRECTS + 1):
            async with self._get(url, headers) as answer:
                location = answer.headers.get("Location")
                if answer.status not in _REDIRECTS or not location:
                    return await self._body(answer)
            target = url.join(_url(location))
            if _origin(target) != _origin(url):
                headers = {}
            url = target
        raise MediaRefused("the maker's media redirect too often")

    @asynccontextmanager
    async def _get(
        self, url: URL, headers: dict[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        own = _origin(url) in self.rules.origins
        if not own:
            self._check(url)
        request = self._sessions[own].get(
            url, headers={**_ENCODING, **headers}, allow_redirects=False
        )
        async with request as answer:
            yield answer

    def _check(self, url: URL) -> None:
        if (url.scheme, url.port) != ("https", 443) or not self._knows((url.host or "").lower()):
            raise MediaRefused("media are fetched over HTTPS from the maker's own hosts only")

    def _knows(self, host: str) -> bool:
        names = [name.lower() for name in self.rules.hosts]
        return any(host == name or (name[:1] == "." and host.endswith(name)) for name in names)

    async def _body(self, answer: aiohttp.ClientResponse) -> bytes:
        if answer.status >= _SERVER_ERROR or answer.status in _BUSY:
            raise MediaUnavailable(f"the maker's media answer {answer.status}")
        if not answer.ok:
            raise MediaRefused(f"the maker's media answer {answer.status}")
        limit = self.rules.max_bytes
        if (answer.content_length or 0) > limit:
            raise TooLarge(limit=limit)
        data = bytearray()
        async for chunk in answer.content.iter_chunked(_CHUNK):
            data += chunk
            if len(data) > limit:
                raise TooLarge(limit=limit)
        return bytes(data)


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only.

    Asked as the connection is made, so that a name cannot be looked at with one address and
    connected to with another.
    """

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the public addresses of a host. Raises OSError where it has none."""
        found = await self._inner.resolve(host, port, family)
        public = [one for one in found if ipaddress.ip_address(one["host"]).is_global]
        if not public:
            raise OSError(f"{host} has no public address")
        return public

    async def close(self) -> None:
        """Close the resolver beneath."""
        await self._inner.close()


def _url(text: str) -> URL:
    try:
        return URL(text)
    except ValueError as error:
        raise MediaRefused("the address of the media is none") from error


def _origin(url: URL) -> str:
    # Not URL.origin(), which forgets a name and password that stand in the address.
    return f"{url.scheme}://{url.authority}"
