"""Several engines: each conversation has one, and the next while that one is away."""

from datetime import datetime

import pytest

from bot.dialogue.engine import Turn, TurnResult
from bot.dialogue.engine_pool import EnginePool
from bot.dialogue.scripted_engine import ScriptedEngine
from bot.errors import EngineFailed, EngineTimeout, EngineUnavailable

NOW = datetime.fromisoformat("2026-11-20T10:00:00+08:00")
NAMES = [f"c{n}" for n in range(60)]


def turn(conversation):
    return Turn(conversation, f"{conversation}-t", "你好", trusted=False, consumer_id=None, now=NOW)


@pytest.fixture
def engines():
    return {f"http://e{n}:5005": ScriptedEngine() for n in (1, 2, 3)}


def used(engines):
    return {t.conversation_id: name for name, engine in engines.items() for t in engine.acted}


async def ask(pool):
    for name in NAMES:
        await pool.turn(turn(name))


async def test_conversations_spread_and_stay(engines):
    await ask(EnginePool(engines))
    assert set(used(engines).values()) == set(engines)
    await ask(EnginePool(dict(reversed(engines.items()))))
    # Each of the sixty went to the engine that had answered it, which only repeats itself.
    assert sum(len(engine.turns) for engine in engines.values()) == 2 * len(NAMES)
    assert sum(len(engine.acted) for engine in engines.values()) == len(NAMES)


async def test_only_those_of_an_engine_that_is_away_move(engines):
    pool = EnginePool(engines)
    before = {name: pool.order(name)[0] for name in NAMES}
    gone = next(iter(engines))
    engines[gone].available = False
    await ask(pool)
    after = used(engines)
    assert gone not in after.values()
    assert {n for n in NAMES if after[n] != before[n]} == {n for n in NAMES if before[n] == gone}


async def test_an_engine_that_was_away_is_asked_last_for_a_while(engines):
    now = [0.0]
    pool = EnginePool(engines, rest=5, seconds=lambda: now[0])
    own = pool.order("c1")[0]
    engines[own].available = False
    await pool.turn(turn("c1"))
    await pool.turn(turn("c1"))
    assert len(engines[own].turns) == 1
    engines[own].available = True
    now[0] = 6.0
    await pool.turn(turn("c1"))
    assert len(engines[own].acted) == 1
    assert pool.order("c1")[0] == own


@pytest.mark.parametrize("error", [EngineTimeout(), EngineFailed()])
async def test_no_other_engine_is_asked_where_the_first_may_still_be_at_it(error):
    engines = {name: ScriptedEngine({"你好": error}) for name in ("a", "b")}
    with pytest.raises(type(error)):
        await EnginePool(engines).turn(turn("c1"))
    assert sum(len(engine.turns) for engine in engines.values()) == 1


async def test_where_all_are_away_each_is_tried(engines):
    for engine in engines.values():
        engine.available = False
    pool = EnginePool(engines)
    assert not await pool.ready()
    for _ in range(2):
        with pytest.raises(EngineUnavailable):
            await pool.turn(turn("c1"))
    assert [len(engine.turns) for engine in engines.values()] == [2, 2, 2]


async def test_one_that_is_there_makes_the_pool_ready(engines):
    first, *others = engines.values()
    for engine in others:
        engine.available = False
    assert await EnginePool(engines).ready()
    assert isinstance(await EnginePool(engines).turn(turn("c1")), TurnResult)
    assert first.acted


async def test_without_any_engine():
    pool = EnginePool({})
    assert not await pool.ready()
    with pytest.raises(EngineUnavailable):
        await pool.parse("你好")
