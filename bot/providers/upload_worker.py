"""Takes the documents that have come: cuts them, checks them, writes each whole or not at all."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.background import repeat
from bot.database import Database
from bot.errors import ImportRejected
from bot.log import get_logger
from bot.providers.splitting import Found, Splitter
from bot.providers.tables import chunk, part, upload
from bot.providers.uploads import forget
from bot.scheduling import Feed, ImportReport
from bot.scheduling.import_checks import Fault
from bot.scheduling.importing import LISTS, PART, Part, parse, rejected

log = get_logger(__name__)

_LEASE_SECONDS = 120.0
_POLL_SECONDS = 5.0
_SWEEP_SECONDS = 3600.0
_KEPT_SECONDS = 30 * 24 * 3600.0
# Small enough that cutting one up holds nothing else for long.
_READ_BYTES = 256 * 1024
# More faults than anybody mends at once.
_FAULTS_KEPT = 1000


class UploadWorker:
    """A task beside the server. Several processes may each run one."""

    def __init__(self, database: Database, feed: Feed, seconds: Callable[[], float]) -> None:
        self._database = database
        self._feed = feed
        self._seconds = seconds
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to look for documents."""
        work = repeat(self._work_or_wait, 0, "import_failed")
        sweep = repeat(self._forget_old, _SWEEP_SECONDS, "old_imports_not_removed")
        self._tasks = [asyncio.create_task(work), asyncio.create_task(sweep)]

    async def stop(self) -> None:
        """End; what is half done is rolled back and done by the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """Look for documents at once."""
        self._wake.set()

    async def _work_or_wait(self) -> None:
        self._wake.clear()
        if await self.work():
            return
        try:
            await asyncio.wait_for(self._wake.wait(), _POLL_SECONDS)
        except TimeoutError:
            return

    async def work(self) -> bool:
        """Take the document that waits longest; False where none does."""
        row = await self._claim()
        if row is None:
            return False
        beat = asyncio.create_task(repeat(lambda: self._renew(row.id), _LEASE_SECONDS / 4, "lease"))
        try:
            await self._cut(row.id)
            await self._database.retrying(lambda tx: self._take(tx, row))
        except ImportRejected as refused:
            await self._refuse(row.id, refused.facts["faults"])
        finally:
            beat.cancel()
            await asyncio.gather(beat, return_exceptions=True)
        return True

    async def _forget_old(self) -> None:
        """Remove what was never brought to its end, and reports that nobody asks for any more."""
        async with self._database.transaction() as tx:
            old = upload.c.since < self._seconds() - _KEPT_SECONDS
            await tx.execute(delete(upload).where(old, upload.c.state != "working"))

    # --- claiming ---

    async def _claim(self) -> Row[Any] | None:
        now = self._seconds()
        free = upload.c.state.in_(("waiting", "working")) & (upload.c.lease_until < now)
        async with self._database.reading() as tx:
            if (await tx.execute(select(upload.c.id).where(free).limit(1))).first() is None:
                return None
        oldest = select(upload.c.id).where(free).order_by(upload.c.since).limit(1)
        async with self._database.transaction() as tx:
            claimed = await tx.execute(
                update(upload)
                .where(upload.c.id == oldest.with_for_update(skip_locked=True).scalar_subquery())
                .values(state="working", lease_until=now + _LEASE_SECONDS)
                .returning(upload.c.id, upload.c.merchants)
            )
            return claimed.one_or_none()

    async def _renew(self, upload_id: str) -> None:
        until = self._seconds() + _LEASE_SECONDS
        async with self._database.transaction() as tx:
            await tx.execute(
                update(upload).where(upload.c.id == upload_id).values(lease_until=until)
            )

    # --- cutting ---

    async def _cut(self, upload_id: str) -> None:
        """Keep the document as parts whose shape is right. Raises ImportRejected."""
        await self._database.retrying(lambda tx: _drop_parts(tx, upload_id))
        splitter, gathered = Splitter(LISTS), _Gathered()
        try:
            async for piece in self._bytes(upload_id):
                await self._keep(upload_id, gathered, splitter.feed(piece))
            await self._keep(upload_id, gathered, splitter.finish(), last=True)
        except ImportRejected as refused:
            gathered.faults += refused.facts["faults"]
        if gathered.faults:
            raise rejected(gathered.faults)

    async def _bytes(self, upload_id: str) -> AsyncIterator[bytes]:
        """Return the document in pieces of one size, however it came."""
        at, held = 0, bytearray()
        while True:
            async with self._database.reading() as tx:
                found = await tx.execute(
                    select(chunk.c.body).where(
                        chunk.c.upload_id == upload_id, chunk.c.start_at == at
                    )
                )
                body = found.scalar_one_or_none()
            if body is None:
                break
            at += len(body)
            held += body
            while len(held) >= _READ_BYTES:
                yield bytes(held[:_READ_BYTES])
                del held[:_READ_BYTES]
        if held:
            yield bytes(held)

    async def _keep(
        self, upload_id: str, gathered: _Gathered, found: Iterator[Found], *, last: bool = False
    ) -> None:
        """Cut and check in a thread, so that the server goes on answering; then store."""
        rows = await asyncio.to_thread(gathered.rows, found, last=last)
        if not rows and not last:
            return
        async with self._database.transaction() as tx:
            if rows:
                await tx.execute(insert(part), [{"upload_id": upload_id, **row} for row in rows])
            mine = update(upload).where(upload.c.id == upload_id)
            await tx.execute(mine.values(objects=gathered.objects))

    # --- writing ---

    async def _take(self, tx: AsyncConnection, row: Row[Any]) -> None:
        """Write the parts, and in the same transaction that they are written."""
        locked = select(upload.c.state).where(upload.c.id == row.id).with_for_update()
        if (await tx.execute(locked)).scalar_one() != "working":
            return  # another process was as fast
        allowed = None if row.merchants is None else frozenset(row.merchants)

        async def parts() -> AsyncIterator[Part]:
            async for stored in _parts(tx, row.id):
                yield stored

        report = await self._feed.importer(tx, allowed).take(parts)
        await _settle(tx, row.id, "taken", _told(report))
        log.info("import_taken", upload=row.id, **report.counts)

    async def _refuse(self, upload_id: str, faults: list[Fault]) -> None:
        report = {"faults": faults[:_FAULTS_KEPT], "fault_count": len(faults)}
        async with self._database.transaction() as tx:
            await _settle(tx, upload_id, "refused", report)
        log.info("import_refused", upload=upload_id, faults=len(faults))


class _Gathered:
    """Objects on their way into parts, and what is wrong with their shape."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.objects = 0
        self._waiting: dict[str, list[Any]] = defaultdict(list)
        self._written: dict[str, int] = defaultdict(int)

    def rows(self, found: Iterator[Found], *, last: bool) -> list[dict[str, Any]]:
        """Return the parts that are full, or with the `last` objects what is left."""
        rows = []
        for one in found:
            self.objects += 1
            self._waiting[one.name].append(one.value)
            if len(self._waiting[one.name]) == PART:
                rows.append(self._row(one.name))
        if last:
            rows += [self._row(name) for name in list(self._waiting)]
        return [] if self.faults else rows

    def _row(self, name: str) -> dict[str, Any]:
        values, first = self._waiting.pop(name), self._written[name]
        self._written[name] += len(values)
        try:
            parse({name: values}, first)
        except ImportRejected as refused:
            self.faults += refused.facts["faults"]
        body = json.dumps({name: values}, ensure_ascii=False)
        return {"rank": LISTS.index(name), "first": first, "body": body}


async def _parts(tx: AsyncConnection, upload_id: str) -> AsyncIterator[Part]:
    """Return the parts of an upload one by one, in the order in which they are written."""
    after = (-1, -1)
    while True:
        pc = part.c
        following = (pc.rank > after[0]) | ((pc.rank == after[0]) & (pc.first > after[1]))
        query = select(part).where(pc.upload_id == upload_id, following)
        row = (await tx.execute(query.order_by(pc.rank, pc.first).limit(1))).one_or_none()
        if row is None:
            return
        document = await asyncio.to_thread(lambda text: parse(json.loads(text)), row.body)
        yield Part(document, row.first)
        after = (row.rank, row.first)


async def _drop_parts(tx: AsyncConnection, upload_id: str) -> None:
    await tx.execute(delete(part).where(part.c.upload_id == upload_id))


async def _settle(tx: AsyncConnection, upload_id: str, state: str, report: dict[str, Any]) -> None:
    mine = update(upload).where(upload.c.id == upload_id)
    await tx.execute(mine.values(state=state, report=report, lease_until=0.0))
    await forget(tx, upload_id)


def _told(report: ImportReport) -> dict[str, Any]:
    kept = list(report.warnings[:_FAULTS_KEPT])
    return {"counts": report.counts, "warnings": kept, "warning_count": len(report.warnings)}
