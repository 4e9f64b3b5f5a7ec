"""Photos that consumers send: what is taken, where it is kept, who sees it."""

import hashlib
from datetime import timedelta

import pytest

from bot.conversation.photos import PhotoRules
from bot.conversation.states import Command
from bot.scheduling.upkeep import Upkeep
from tests.api.service import is_problem, serving
from tests.channels.pictures import JPEG, PNG, SECRET, WEBP
from tests.channels.test_web import events, frames, opened, send


def bearer(session):
    return {"Authorization": f"Bearer {session['token']}"}


async def photograph(server, session, data=JPEG, message_id="p1", kind="image/jpeg"):
    return await server.client.post(
        f"/chat/photos?message_id={message_id}",
        data=data,
        headers={**bearer(session), "Content-Type": kind},
    )


async def shown(server, session):
    async with events(server, session["token"]) as socket:
        heard = await frames(socket, lambda frame: frame["type"] == "state")
    return [frame["message"] for frame in heard if frame["type"] == "message"]


@pytest.mark.parametrize(
    ("data", "kind"), [(JPEG, "image/jpeg"), (PNG, "image/png"), (WEBP, "image/webp")]
)
async def test_a_photo_is_shown_without_what_stood_beside_it(server, data, kind):
    session = await opened(server)
    answer = await photograph(server, session, data, kind="text/html")
    assert answer.status == 202
    photo, said = await shown(server, session)
    assert (photo["from"], photo["text"]) == ("consumer", "[图片]")
    assert photo["id"] == (await answer.json())["id"]
    assert (said["from"], "看不了图片" in said["text"]) == ("bot", True)
    told = photo["custom"]["photo"]
    assert told["type"] == kind
    answer = await server.client.get(f"/chat/photos/{told['id']}", headers=bearer(session))
    kept = await answer.read()
    assert (told["bytes"], told["sha256"]) == (len(kept), hashlib.sha256(kept).hexdigest())
    assert SECRET.encode() in data
    assert SECRET.encode() not in kept
    assert answer.headers["Content-Type"] == kind
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private")


async def test_it_is_kept_under_a_name_that_tells_nothing_and_readable_by_us_only(server, tmp_path):
    session = await opened(server)
    await photograph(server, session)
    (file,) = (tmp_path / "photos").iterdir()
    assert len(file.name) == 32
    assert file.stat().st_mode & 0o777 == 0o600


async def test_others_do_not_see_it(server):
    one, other = await opened(server), await opened(server)
    await photograph(server, one)
    name = (await shown(server, one))[0]["custom"]["photo"]["id"]
    for headers, status in ((bearer(other), 404), ({}, 401)):
        answer = await server.client.get(f"/chat/photos/{name}", headers=headers)
        assert is_problem(answer, await answer.json(), status)
    for path in ("..%2Fsession.key", "x", "0" * 32):
        answer = await server.client.get(f"/chat/photos/{path}", headers=bearer(one))
        assert answer.status == 404


async def test_a_repeat_is_stored_once(server, tmp_path):
    session = await opened(server)
    first = await (await photograph(server, session)).json()
    again = await photograph(server, session)
    assert (again.status, await again.json()) == (202, first)
    assert len(await shown(server, session)) == 2
    assert len(list((tmp_path / "photos").iterdir())) == 1


@pytest.mark.parametrize(
    "data", [b"", b"GIF89a" + b"g" * 99, b"<svg onload='alert(1)'/>", b"%PDF-1.7", b"\xff\xd8"]
)
async def test_what_is_no_photo_is_refused_whatever_it_is_called(server, tmp_path, data):
    session = await opened(server)
    answer = await photograph(server, session, data)
    assert is_problem(answer, await answer.json(), 415)
    assert not (tmp_path / "photos").exists()


async def test_one_that_is_too_large_is_refused_and_leaves_nothing(tmp_path):
    async with serving(tmp_path, photo_max_mb=1) as server:
        session = await opened(server)
        answer = await photograph(server, session, JPEG + b"x" * 1024 * 1024)
        assert is_problem(answer, await answer.json(), 413)
        assert await shown(server, session) == []
    assert not (tmp_path / "photos").exists()


async def test_a_day_has_its_limit(tmp_path):
    async with serving(tmp_path, photo_daily=2) as server:
        session = await opened(server)
        for number in range(2):
            assert (await photograph(server, session, message_id=f"p{number}")).status == 202
        answer = await photograph(server, session, message_id="p2")
        assert is_problem(answer, await answer.json(), 429)
        assert len(list((tmp_path / "photos").iterdir())) == 2
        assert len(await shown(server, session)) == 4


async def test_the_bot_is_silent_where_a_person_is_waited_for(server):
    session = await opened(server)
    await send(server, session["token"], "你好", "m1")
    case = await server.service.case(session["sender"])
    await server.service.move(Command.HAND_OVER, case=case, reason="x")
    await photograph(server, session)
    assert (await shown(server, session))[-1]["text"] == "[图片]"


async def test_without_a_message_id_it_is_refused(server):
    session = await opened(server)
    answer = await server.client.post("/chat/photos", data=JPEG, headers=bearer(session))
    assert is_problem(answer, await answer.json(), 400)


async def test_a_photo_that_has_had_its_time_is_erased_and_the_transcript_says_so(server, tmp_path):
    session = await opened(server)
    photos = server.service.conversations.photos(PhotoRules(tmp_path / "photos", 2**20, 20))
    await photograph(server, session)
    name = (await shown(server, session))[0]["custom"]["photo"]["id"]
    server.service.clock.advance(timedelta(days=179))
    await photograph(server, session, PNG, "p2")
    assert await photos.erase_old() == 0
    server.service.clock.advance(timedelta(days=2))
    assert await photos.erase_old() == 1
    assert await photos.erase_old() == 0
    first, _, second, _ = await shown(server, session)
    assert first["custom"] == {
        "photo": {"id": name, "erased_at": server.service.clock.now().isoformat()}
    }
    assert "erased_at" not in second["custom"]["photo"]
    assert [file.name for file in (tmp_path / "photos").iterdir()] == [
        second["custom"]["photo"]["id"]
    ]
    answer = await server.client.get(f"/chat/photos/{name}", headers=bearer(session))
    assert answer.status == 404


async def test_one_that_died_between_file_and_row_is_finished_by_the_next(server, tmp_path):
    session = await opened(server)
    photos = server.service.conversations.photos(PhotoRules(tmp_path / "photos", 2**20, 20))
    await photograph(server, session)
    for file in (tmp_path / "photos").iterdir():
        file.unlink()
    server.service.clock.advance(timedelta(days=181))
    assert await photos.erase_old() == 1
    assert "erased_at" in (await shown(server, session))[0]["custom"]["photo"]


async def test_what_others_add_to_the_upkeep_is_done_with_it():
    done = []

    class Nothing:
        async def sweep(self):
            return {}

    async def erase():
        done.append(1)

    await Upkeep(Nothing(), also=[erase]).sweep()
    assert done == [1]
