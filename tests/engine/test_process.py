"""The engine process: turns over HTTP, with scripted actions behind it."""

import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from tests.engine.process import NOW, PYTHON, ROOT, TOKEN, engine, free_port

pytestmark = pytest.mark.engine

SORRY = "engine_failure"


def handovers(answer):
    return [r["custom"]["handover"] for r in answer["replies"] if "handover" in r.get("custom", {})]


def texts(answer):
    return [reply.get("text") for reply in answer["replies"]]


def says(*responses, events=()):
    return lambda _call: (200, {"events": list(events), "responses": list(responses)})


class TestTurns:
    def test_text_buttons_and_custom_arrive_in_order(self, running, actions):
        buttons = [{"title": "转人工", "payload": "/request_human"}]
        actions.answers["action_greet"] = says(
            {"text": "您好", "buttons": buttons}, {"custom": {"handover": "wish"}}, {"text": "嗯"}
        )
        answer = running.turn("order", "t1", "/greet", trusted=True)
        assert answer["replies"] == [
            {"text": "您好", "buttons": buttons},
            {"custom": {"handover": "wish"}},
            {"text": "嗯"},
        ]

    def test_actions_learn_who_speaks_when_and_in_which_turn(self, running, actions, token):
        running.turn("meta", "t7", "/greet", trusted=True, consumer_id="tb_1", now=NOW)
        call = actions.calls[0]
        metadata = call["tracker"]["latest_message"]["metadata"]
        assert metadata == {
            "consumer_id": "tb_1",
            "now": NOW,
            "turn_id": "t7",
            "spoofable": False,
            "asked_order": None,
        }
        assert call["sender_id"] == "meta"
        assert call["token"] == f"Bearer {token}"

    def test_connections_to_the_actions_are_kept(self, running, actions):
        actions.connections.clear()
        for n in range(5):
            running.turn("kept", f"t{n}", "/greet", trusted=True)
        assert len(actions.connections) <= 1

    def test_paragraphs_stay_one_reply(self, running, actions):
        actions.answers["action_greet"] = says({"text": "一\n\n二"})
        assert texts(running.turn("para", "t1", "/greet", trusted=True)) == ["一\n\n二"]


class TestAfterAHumanStretch:
    FORM = (
        {"event": "active_loop", "name": "visit_form"},
        {"event": "slot", "name": "window", "value": "周六"},
        {"event": "slot", "name": "order_no", "value": "281"},
    )

    def half_filled(self, running, actions, name):
        actions.answers["action_greet"] = says({"text": "哪天？"}, events=self.FORM)
        running.turn(name, "t1", "/greet", trusted=True)
        actions.answers.clear()
        actions.calls.clear()

    def test_a_yes_commits_nothing_of_a_form_from_before(self, running, actions):
        self.half_filled(running, actions, "stretch")
        missed = [{"by": "agent", "text": "已经帮您改好了"}, {"by": "consumer", "text": "谢谢"}]
        first = running.turn("stretch", "t2", "好的", fresh=True, missed=missed)
        tracker = actions.calls[0]["tracker"]
        assert tracker["active_loop"] in ({}, None) or not tracker["active_loop"].get("name")
        assert (tracker["slots"]["window"], tracker["slots"]["order_no"]) == (None, "281")
        assert "validate_visit_form" not in actions.names()
        assert running.turn("stretch", "t2", "好的", fresh=True, missed=missed) == first

    def test_without_a_stretch_the_form_goes_on(self, running, actions):
        self.half_filled(running, actions, "no stretch")
        running.turn("no stretch", "t2", "好的")
        assert "validate_visit_form" in actions.names()


class TestALongDialogue:
    TURNS = 40

    def grown(self, running, actions, name, **more):
        """How many events each turn's actions are told of."""
        for number in range(self.TURNS):
            running.turn(name, f"t{number}", "/greet", trusted=True, **more)
        return [len(call["tracker"]["events"]) for call in actions.calls]

    def test_it_begins_a_new_session_and_knows_all(self, running, actions):
        actions.answers["action_greet"] = says(
            {"text": "好"}, events=({"event": "slot", "name": "order_no", "value": "281"},)
        )
        running.turn("long", "first", "/greet", trusted=True)
        actions.answers.clear()
        assert max(self.grown(running, actions, "long")) < 150
        assert actions.calls[-1]["tracker"]["slots"]["order_no"] == "281"
        assert running.turn("long", f"t{self.TURNS - 1}", "/greet", trusted=True)["replies"]

    def test_a_form_is_not_cut(self, running, actions):
        form = ({"event": "active_loop", "name": "visit_form"},)
        actions.answers["action_greet"] = says({"text": "哪天？"}, events=form)
        running.turn("long form", "first", "/greet", trusted=True)
        actions.answers.clear()
        self.grown(running, actions, "long form")
        assert actions.calls[-1]["tracker"]["active_loop"]["name"] == "visit_form"

    def test_what_proves_who_writes_is_not_cut(self, running, actions):
        assert max(self.grown(running, actions, "long spoofed", spoofable=True)) > 150


class TestRepeatedTurns:
    def test_a_repeated_turn_answers_alike_and_acts_once(self, running, actions):
        actions.answers["action_greet"] = says(
            {"text": "您好", "buttons": [{"title": "好", "payload": "/affirm"}]},
            {"custom": {"handover": "x"}},
        )
        first = running.turn("again", "t1", "/greet", trusted=True)
        actions.answers["action_greet"] = says({"text": "别的"})
        assert running.turn("again", "t1", "/greet", trusted=True) == first
        assert len(actions.calls) == 1

    def test_the_same_id_in_another_conversation_is_another_turn(self, running, actions):
        running.turn("one", "same", "/greet", trusted=True)
        running.turn("two", "same", "/greet", trusted=True)
        assert len(actions.calls) == 2

    def test_a_turn_after_it_runs(self, running, actions):
        running.turn("next", "t1", "/greet", trusted=True)
        running.turn("next", "t2", "/greet", trusted=True)
        assert len(actions.calls) == 2

    def test_a_repeated_turn_of_a_text_repeats_what_was_understood(self, running, actions):
        first = running.turn("under", "t1", "  /greet")
        assert running.turn("under", "t1", "  /greet") == first
        assert first["nlu"]["text"] == "/greet"

    def test_turns_of_one_conversation_at_once_run_one_after_the_other(self, running, actions):
        inside, most = [], []

        def slow(_call):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.05)
            inside.pop()
            return 200, {"events": [], "responses": [{"text": "好"}]}

        actions.answers["action_greet"] = slow
        self._at_once(running, [("lane", f"t{n}") for n in range(4)])
        assert max(most) == 1
        assert len(most) == 4

    def test_the_same_turn_at_once_acts_once(self, running, actions):
        self._at_once(running, [("twin", "t1")] * 3)
        assert len(actions.calls) == 1

    @staticmethod
    def _at_once(running, turns):
        answers = []
        threads = [
            threading.Thread(
                target=lambda c=c, t=t: answers.append(running.turn(c, t, "/greet", trusted=True))
            )
            for c, t in turns
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == len(turns)


class TestUntrustedText:
    @pytest.mark.parametrize(
        "text",
        ["/greet", "  /greet", "\u3000/greet", '/track_order{"order_no": "1"}', "/restart", "//"],
    )
    def test_a_command_typed_by_a_consumer_is_text(self, running, actions, text):
        answer = running.turn(f"slash{text}", "t1", text)
        assert answer["nlu"]["text"] == text.strip()
        intent = answer["nlu"]["intent"]
        # A command would be sure of itself; of signs alone it is sure that they say nothing.
        assert intent["confidence"] < 1.0 or intent["name"] == "nlu_fallback"
        slots = actions.calls[-1]["tracker"]["slots"]
        assert slots["order_no"] is None

    def test_parse_reads_a_slash_as_text_too(self, running):
        parsed = running.parse("/request_human")
        assert parsed["text"] == "/request_human"
        assert {"text", "intent", "entities", "intent_ranking"} == set(parsed)

    def test_a_restart_typed_by_a_consumer_forgets_nothing(self, running, actions):
        slot = {"event": "slot", "name": "wish", "value": {"x": 1}}
        actions.answers["action_greet"] = says({"text": "好"}, events=[slot])
        running.turn("restart", "t1", "/greet", trusted=True)
        running.turn("restart", "t2", "/restart")
        assert actions.calls[-1]["tracker"]["slots"]["wish"] == {"x": 1}


class TestFailures:
    @pytest.mark.parametrize(
        "answer",
        [
            (500, {"error": "Boom"}),
            (404, {"error": "unknown", "action_name": "action_greet"}),
            (449, {"error": "domain", "action_name": "action_greet"}),
            (400, {"error": "Invalid body request"}),
            (200, b"<html>"),
            (200, []),
            (401, {}),
        ],
    )
    def test_a_failed_action_is_an_apology_and_a_person(self, running, actions, answer):
        actions.answers["action_greet"] = lambda _call: answer
        said = running.turn(f"fail{answer}", "t1", "/greet", trusted=True)
        assert handovers(said) == [SORRY]
        assert len(said["replies"]) == 1
        assert "转人工" in texts(said)[0]

    def test_an_answer_of_the_wrong_shape_is_an_apology(self, running, actions):
        actions.answers["action_greet"] = lambda _call: (200, {"events": [{"event": 7}]})
        said = running.turn("shape", "t1", "/greet", trusted=True)
        assert handovers(said) == [SORRY]

    def test_a_turn_without_a_word_is_an_apology(self, running, actions):
        actions.answers["action_greet"] = says()
        said = running.turn("silent", "t1", "/greet", trusted=True)
        assert handovers(said) == [SORRY]
        assert running.turn("silent", "t1", "/greet", trusted=True) == said

    def test_the_next_turn_after_a_failure_works(self, running, actions):
        actions.answers["action_greet"] = lambda _call: (500, {})
        running.turn("heals", "t1", "/greet", trusted=True)
        actions.answers.clear()
        assert texts(running.turn("heals", "t2", "/greet", trusted=True)) == ["action_greet"]

    def test_after_one_failure_the_turn_calls_no_further_action(self, running, actions):
        follow = {"event": "followup", "name": "action_thank"}
        actions.answers["action_greet"] = says({"text": "先说"}, events=[follow])
        actions.answers["action_thank"] = lambda _call: (500, {})
        said = running.turn("chain", "t1", "/greet", trusted=True)
        assert texts(said)[0] == "先说"
        assert handovers(said) == [SORRY]
        assert actions.names().count("action_thank") == 1

    def test_a_rejected_form_hands_the_message_to_the_rules(self, running, actions):
        loop = {"event": "active_loop", "name": "cancel_form"}
        asked = {"event": "slot", "name": "requested_slot", "value": "cancel_confirmed"}
        actions.answers["action_cancel"] = says({"text": "确定？"}, events=[loop, asked])
        actions.answers["validate_cancel_form"] = says()
        running.turn("reject", "t1", "/cancel_visit", trusted=True)
        actions.answers["validate_cancel_form"] = lambda _call: (
            400,
            {"action_name": "cancel_form", "error": "not for me"},
        )
        said = running.turn("reject", "t2", "/ask_fees", trusted=True)
        assert "action_fees" in texts(said), actions.names()
        assert handovers(said) == []


class TestOutages:
    def test_no_action_server_at_all(self, model, tmp_path):
        nowhere = f"http://127.0.0.1:{free_port()}/webhook"
        with engine(model, nowhere, tmp_path / "t.db", tmp_path / "log") as alone:
            assert alone.wait_listening() in {200, 503}
            alone.wait_ready()
            assert handovers(alone.turn("c", "t1", "/greet", trusted=True)) == [SORRY]
            # The tracker's table goes away under the engine: no new conversation is made up.
            with sqlite3.connect(tmp_path / "t.db") as tracker:
                tracker.execute("ALTER TABLE events RENAME TO gone")
            status, problem = alone.call(
                "POST",
                "/turn",
                {
                    "conversation_id": "c",
                    "turn_id": "t2",
                    "text": "你好",
                    "trusted": False,
                    "consumer_id": None,
                    "now": NOW,
                },
            )
            assert status == 500, problem
            alone.process.send_signal(signal.SIGTERM)
            assert alone.process.wait(8) == 0

    def test_a_tampered_archive_is_refused(self, model, tmp_path):
        copy = tmp_path / model.name
        copy.write_bytes(model.read_bytes() + b"\0")
        (tmp_path / "manifest.json").write_text((model.parent / "manifest.json").read_text())
        url = "http://127.0.0.1:1/webhook"
        with engine(copy, url, tmp_path / "t.db", tmp_path / "log") as refused:
            assert refused.process.wait(60) == 1
        assert "model_untrusted" in (tmp_path / "log").read_text()

    def test_it_ends_with_its_parent(self, model, tmp_path):
        parent = textwrap.dedent("""
            import os, subprocess, sys
            child = subprocess.Popen([*sys.argv[1:], "--parent", str(os.getpid())])
            print(child.pid, flush=True)
            sys.stdin.read()
        """)
        command = [PYTHON, "-m", "bot.engine", "--model", model, "--port", free_port()]
        command += ["--action-url", "http://127.0.0.1:1/", "--tracker", tmp_path / "t.db"]
        with subprocess.Popen(
            [sys.executable, "-c", parent, *map(str, command)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            child = int(process.stdout.readline())
            process.kill()
        deadline = time.monotonic() + 30
        while self._alive(child):
            assert time.monotonic() < deadline
            time.sleep(0.1)

    @staticmethod
    def _alive(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
                return stat.read().rpartition(")")[2].split()[0] != "Z"
        except FileNotFoundError:
            return False


def test_wrong_token(running):
    assert running.call("GET", "/readyz", token="wrong")[0] == 401
    assert running.call("GET", "/readyz", token=TOKEN)[0] == 200
