"""A fake dysmsapi.aliyuncs.com: pushes without a signature, and SendSms with one."""

import json
import zlib
from datetime import UTC, datetime, timedelta

from aiohttp import web

from bot.channels.crypto.aliyun import sign
from bot.clock import SystemClock
from tests.channels.simulators.platform import USER, Heard, Platform

KEY, KEY_SECRET = "simulated-access-key", "simulated-access-key-secret"
PATH_SECRET = "simulated-secret-of-the-path"
SIGN_NAME = "悦装上门"
SENT = "2026-11-20 10:00:00"
STALE = timedelta(minutes=15)
TEMPLATES = {
    "SMS_100": "${text}",
    "SMS_101": "提醒您：${goods}约在${window}上门${kind}。方便回复1，改约时间回复2。",
}


def phone(user: str) -> str:
    """A telephone for each user."""
    return f"139{zlib.crc32(user.encode()) % 10**8:08}"


class FakeAliyun(Platform):
    """One account with two templates; `forms` are our calls as they came."""

    def __init__(self) -> None:
        super().__init__()
        self.users: dict[str, str] = {}
        self.forms: list[dict[str, str]] = []
        self.nonces: set[str] = set()
        self.answer = None

    def sender(self, user: str) -> str:
        known = {name: number for number, name in self.users.items()}
        number = known.get(user, phone(user))
        self.users[number] = user
        return number

    def routes(self):
        return [web.post("/", self._take)]

    def account(self):
        reminder = {"code": "SMS_101", "variables": ["goods", "window", "kind"]}
        return {
            "access_key_id": KEY,
            "access_key_secret": KEY_SECRET,
            "sign_name": SIGN_NAME,
            "path_secret": PATH_SECRET,
            "networks": ["127.0.0.0/8"],
            "reply_template": "SMS_100",
            "notice_templates": {"reminder": reminder},
            "api_url": f"{self.url}/",
        }

    async def say(self, text, message_id="m1", user=USER, **how):
        row = {
            "phone_number": self.sender(user),
            "send_time": how.pop("sent", SENT),
            "content": text,
            "sign_name": SIGN_NAME,
            "dest_code": "1234",
            "sequence_id": message_id,
        }
        return await self.push([row], **how)

    async def show(self, kind, message_id="k1", user=USER):
        raise NotImplementedError(f"a text message is no {kind}")

    async def push(self, rows, **how):
        wrong = "forged" in how or "unsigned" in how
        secret = "another-secret-of-the-path-00" if wrong else PATH_SECRET
        self.answer = await self.client.post(f"/channels/sms/main/{secret}", data=json.dumps(rows))
        return self.answer.status

    async def report(self, biz_id, user=USER, **what):
        row = {
            "phone_number": phone(user),
            "send_time": SENT,
            "report_time": SENT,
            "biz_id": biz_id,
        }
        return await self.push([{**row, "success": True, "err_code": "DELIVERED", **what}])

    async def _take(self, request):
        form = dict(await request.post())
        wrong = self._wrong(form)
        if wrong is not None:
            return web.json_response(
                {"Code": wrong, "Message": wrong, "RequestId": "R"}, status=400
            )
        fault = self.fault()
        if fault in FAULTS:
            status, code = FAULTS[fault]
            return web.json_response(
                {"Code": code, "Message": code, "RequestId": "R"}, status=status
            )
        words = json.loads(form["TemplateParam"])
        text = TEMPLATES[form["TemplateCode"]]
        for name, word in words.items():
            text = text.replace(f"${{{name}}}", word)
        self.forms.append(form)
        self.heard.append(Heard(self.users[form["PhoneNumbers"]], text))
        if fault == "cut":
            request.transport.close()
        said = {"Code": "OK", "Message": "OK", "BizId": f"9006^{len(self.heard)}", "RequestId": "R"}
        return web.json_response(said)

    def _wrong(self, form):
        """The code by which Aliyun refuses a call, if it does."""
        signed = {name: value for name, value in form.items() if name != "Signature"}
        at = datetime.strptime(form["Timestamp"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        used = form["SignatureNonce"] in self.nonces
        self.nonces.add(form["SignatureNonce"])
        faults = {
            "InvalidAccessKeyId.NotFound": form["AccessKeyId"] != KEY,
            "SignatureDoesNotMatch": form["Signature"] != sign("POST", signed, KEY_SECRET),
            "InvalidTimeStamp.Expired": abs(SystemClock().now() - at) > STALE,
            "SignatureNonceUsed": used,
            "isv.SMS_SIGNATURE_ILLEGAL": form["SignName"] != SIGN_NAME,
            "isv.SMS_TEMPLATE_ILLEGAL": form["TemplateCode"] not in TEMPLATES,
        }
        wrong = next((code for code, is_so in faults.items() if is_so), None)
        return wrong or _wrong_words(form)


def _wrong_words(form):
    words = json.loads(form["TemplateParam"])
    template = TEMPLATES[form["TemplateCode"]]
    names = {part.split("}")[0] for part in template.split("${")[1:]}
    if set(words) != names or not all(isinstance(word, str) for word in words.values()):
        return "isv.TEMPLATE_MISSING_PARAMETERS"
    if form["TemplateCode"] != "SMS_100" and any(len(word) > 35 for word in words.values()):
        return "isv.PARAM_LENGTH_LIMIT"
    return None


FAULTS = {
    "this telephone": (200, "isv.BUSINESS_LIMIT_CONTROL"),
    "busy": (500, "isp.SYSTEM_ERROR"),
    "limited": (400, "Throttling.User"),
    "refused": (200, "isv.MOBILE_NUMBER_ILLEGAL"),
}
