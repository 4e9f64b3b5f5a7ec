"""Without an engine: an apology, and for danger what to do; always a person."""

import pytest

from bot.dialogue.fallback import Fallback


@pytest.mark.parametrize(
    ("text", "handover", "said"),
    [
        ("改到周六", "engine_failure", "抱歉"),
        ("厨房闻到很大的煤气味", "report_hazard", "关闭燃气阀门"),
        ("转人工", "request_human", "转人工"),
    ],
)
def test_answers(text, handover, said):
    fallback = Fallback()
    result = fallback.answer(text)
    assert result.handover == handover
    assert said in result.replies[0].text
    assert (fallback.urgent(text) or "engine_failure") == handover


def test_a_response_of_the_domain():
    assert "取消排队" in Fallback().say("utter_queue_cancelled").text
