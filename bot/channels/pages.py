"""The built pages of bot/web, with headers that let nothing else run in them."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

DIST = Path(__file__).resolve().parents[1] / "web" / "dist"

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
PAGES = {"/": "index.html", "/board": "board.html", "/desk": "desk.html"}
_NOT_BUILT = "The pages are not built yet; `make run` builds them. The API is at /api/openapi.json."
_SHARED = {
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
_FOREVER = "public, max-age=31536000, immutable"


def routes(dist: Path = DIST) -> list[web.RouteDef]:
    """Return what serves the page and its assets."""
    folder = dist.resolve()

    async def page(request: web.Request) -> web.StreamResponse:
        page = folder / PAGES[request.path]
        if not page.is_file():
            return web.Response(text=_NOT_BUILT, headers=SECURITY_HEADERS)
        return web.FileResponse(page, headers={**SECURITY_HEADERS, "Cache-Control": "no-cache"})

    async def asset(request: web.Request) -> web.StreamResponse:
        # Names of assets hold a hash of what is in them.
        path = (folder / "assets" / request.match_info["name"]).resolve()
        if path.parent != folder / "assets" or not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={**SECURITY_HEADERS, "Cache-Control": _FOREVER})

    async def embed(_request: web.Request) -> web.StreamResponse:
        # Pages of shops load it under this name for good: a new version has to get through.
        script = folder / "embed.js"
        if not script.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(script, headers=_SHARED)

    return [
        *(web.get(path, page) for path in PAGES),
        web.get("/embed.js", embed),
        web.get(r"/assets/{name:[\w.\-]{1,128}}", asset),
    ]
