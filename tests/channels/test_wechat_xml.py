import pytest

from bot.channels.wechat.xml import read_xml
from bot.errors import MalformedRequest

BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<xml><Content>&b;</Content></xml>"""
FILE = (
    b"""<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Content>&f;</Content></xml>"""
)


def test_a_push_is_read_by_its_names():
    body = "<xml><Content><![CDATA[改到<周六>]]></Content><MsgId>9007199254740993</MsgId><Empty/></xml>"
    assert read_xml(body.encode()) == {
        "Content": "改到<周六>",
        "MsgId": "9007199254740993",
        "Empty": "",
    }


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"<xml>", b"\xff\xfe", BOMB, FILE, b'<?xml version="1.0" encoding="no"?><xml/>'],
    ids=["nothing", "JSON", "open", "no text", "bomb", "file", "unknown encoding"],
)
def test_what_is_no_push_is_refused(body):
    with pytest.raises(MalformedRequest):
        read_xml(body)
