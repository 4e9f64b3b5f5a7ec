"""Chromium, the page with a stand-in behind it, and the page of the whole running system."""

import os
import shutil
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import async_playwright

from tests.browser.fake_server import DIST, FakeChat
from tests.browser.world import CLOCK, DOCUMENT
from tests.system import serving

AXE = DIST.parent / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCREENSHOTS = Path(__file__).parent / "screenshots"
PHONE = {"width": 390, "height": 844}
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def missing(what: str) -> None:
    """Skip the test, or fail it where the run demands a browser."""
    if os.environ.get("BOT_TEST_BROWSER") == "required":
        pytest.fail(what)
    pytest.skip(what)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser():
    path = shutil.which("chromium")
    if path is None:
        missing("Chromium is not installed; get it with: apt-get install chromium fonts-noto-cjk")
    if not (DIST / "index.html").exists():
        missing("The page is not built; build it with: python3 -m bot.setup test")
    SCREENSHOTS.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser):
    """Open a page in a browser of its own; a script error on any of them fails the test."""
    contexts, errors = [], []

    # Playwright marks the handlers that it is given; a built-in method cannot be marked.
    def noted(error):
        errors.append(error)

    async def opened(url, viewport=PHONE, **options):
        context = await browser.new_context(viewport=viewport, locale="zh-CN", **options)
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", noted)
        await page.goto(url)
        return page

    yield opened
    for context in contexts:
        await context.close()
    assert errors == []


@pytest_asyncio.fixture(loop_scope="session")
async def fake():
    """The stand-in server, with its `url`."""
    chat = FakeChat()
    runner = web.AppRunner(chat.app(), shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    chat.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield chat
    chat.answering.set()
    await runner.cleanup()


@pytest.fixture(scope="session")
def live_server(browser, tmp_path_factory):
    """The real system: real engine, real database, the demo's consumers, a set clock."""
    var_dir = tmp_path_factory.mktemp("var")
    with serving(var_dir, DOCUMENT, clock=CLOCK, demo="true") as running:
        yield running


@pytest.fixture
def shoot(request):
    """Keep a screenshot named after the test."""
    name = request.node.name.removeprefix("test_").replace("[", "-").replace("]", "")

    async def taken(page, step):
        await page.screenshot(path=SCREENSHOTS / f"{name}-{step}.png")

    return taken


@pytest.fixture
def faults():
    """List what axe finds wrong with a page: rule and element."""
    if not AXE.exists():
        missing("axe-core is not installed; get it with: python3 -m bot.setup test")

    async def found(page):
        await page.evaluate(AXE.read_text())
        result = await page.evaluate("tags => axe.run({runOnly: tags})", RULES)
        assert result["passes"]
        return [(v["id"], node["html"]) for v in result["violations"] for node in v["nodes"]]

    return found
