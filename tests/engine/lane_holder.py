"""Holds lanes in the engine's environment: `URL KEY` until its end, `URL KEY OTHER` both ways."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bot.engine.shared_lanes import SharedLanes


def say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class Telling(SharedLanes):
    def _take(self, connection, key):
        taken = super()._take(connection, key)
        if not taken and key not in self.refused:
            self.refused.add(key)
            say(f"refused {key}")
        return taken


async def hold(lanes, key):
    async with lanes.alone(key):
        say(f"in {key}")


async def main(url, key, *others):
    lanes = Telling(url)
    lanes.refused = set()
    if not others:
        async with lanes.alone(key):
            say(f"in {key}")
            await asyncio.Event().wait()
    waiting = asyncio.create_task(hold(lanes, key))
    while key not in lanes.refused and not waiting.done():
        await asyncio.sleep(0.01)
    for other in others:
        await hold(lanes, other)
    await waiting
    await hold(lanes, key)


asyncio.run(main(*sys.argv[1:]))
