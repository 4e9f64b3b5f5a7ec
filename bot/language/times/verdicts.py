"""Words that say whether a time suits: 走不开, 去外地, 有个会; 有空, 不用加班.

Four kinds, tried in this order where they begin at the same place: what only asks (行不行) or
denies being busy (不用加班), what cannot be (来不了), what keeps the consumer from being at home
(出差), and what suits.
"""

from __future__ import annotations

import re

# 周六我要打球; what is wanted of us or of the flat is no such thing (周六我要用, 周六我要入住).
_HAS_TO = (
    r"我(?:们|都|也|还|正好|刚好)*(?:要|得)(?!装|安|约|预约|改|换|在|送|收|用|到|求|的|你们|师傅|确认|知道|拿|退"
    r"|取消|一|[两二三四五六七八九十\d]|个|早|晚|等|是|入住|搬进|住|开业|交房|下单|再|能|有|空|问|查|了|看着)"
)
# Where someone goes or stays instead of being at home.
_AWAY = (
    r"(?:外地|外省|国外|北京|上海|广州|深圳|老家|娘家|婆家|丈母娘家|乡下|单位|公司|学校|医院"
    r"|外面|机场|车站|火车站|高铁站|银行|幼儿园|飞机上|高铁上|火车上|路上)"
)
_WORK = r"(?:上班|加班|出差|值班|上课|开会|返工|补课|出门|外出|上夜班|值夜班|开个?会|摆摊|出摊)"
_EVENT = (
    r"(?:事(?!先)|会(?![装安修弄来送不])|课|考试|面试|手术|饭局|酒席|应酬|聚会|聚餐|活动(?!价)|婚礼|喜事"
    r"|约(?!好|在)|安排|培训|任务|比赛|演出|彩排|客人|亲戚|急事|私事|家长会|补习班|培训班|夜班|晚班|早班)"
)
_PEOPLE = r"(?:老|孩子|小孩|我|家|爸|妈|父|母|客|媳妇|娃|宝宝|宝贝|儿子|女儿|同学|朋友|对象|领导)"

_ONLY_ASKS = (
    r"行不行|可不可以|能不能|好不好|方不方便|有没有|在不在|得唔得|可唔可以|方唔方便|要不要|来不来"
    r"|是不是|会不会|忙不忙|成不成|中不中|有冇|行唔行|[到来赶]得[了及到]|(?:不要|别|不能)太[早晚赶]"
)
_NOT_BUSY = (
    rf"(?:不|没|没有|唔)(?:用|必|需要|须|要|去|再|使)?{_WORK}|没(?:有|什么|啥)?事|不忙|唔使{_WORK}"
)
_CANNOT = (
    r"(?<!不是)不行(?!的话|就|再|吗|么)|以外|之外|不方便|不太?方便|不太行|不得行|唔得|除外"
    r"|没空|没得空|没时间|没得时间|没有时间|没有空|没时候|没的空|冇时间|冇空|冇得空|冇人"
    r"|没法|没人(?!来|接|回|管|联系)|没有人(?!来|接|回|管|联系)|没得人|不得[空闲]|冇得闲"
    r"|不在(?!乎|意)家?|没在家?|唔喺|不可以|不能|不合适|不便(?!宜)|不考虑"
    r"|[来去装送接弄搞办收等约到]不(?:了|成|到|及)|[搬运抬]不[了上下动]|来不及|赶不(?:回|上)来?"
    r"|不要(?!紧)|不用来?|唔使来?|别来|不来|莫来|甭来|莫约|作废|不作数|取消|算了|免了|免谈|没戏"
    r"|不(?:约|装|送|弄|来|去|接|收)了|不让|不许|不准|不给[装进施]"
    r"|太晚|太早|太赶|出不来|回不来|不回来|起不来|就不|够呛|不成(?!就)|不中(?!午)"
    r"|[抽腾排挤]不(?:开|出)|[走脱挪分]不开|请不(?:[了到]|下来?)假|顾不上|没法子?|没门"
    r"|[约排]满|满了|停[水电气]|没电(?!梯|话|视|源|工|线|器)|检修|不休(?!息)|不放假|锁门|不[oO][kK]|(?<!不)pass"
)
_BUSY = (
    rf"(?<!不)(?:要|得|在|我|都|还|还要|还得)?{_WORK}"
    rf"|(?<!没)(?<!没有)(?<!什么)(?<!啥)有(?:个|一?[个场台顿]|点儿?|些)?{_EVENT}"
    rf"|(?:去趟?|回|(?<![送装寄发运拉拿搬])到|(?<![装放送])在){_AWAY}"
    r"|回(?:国|乡)(?!庆)|旅游|旅行|度假|度蜜月|团建|自驾|要去|得去|不去不行"
    r"|(?:我们?|全家|一家|家里人?|老公|老婆|爸妈|父母|就|都|还)去(?!除|掉|年|哪|不|取|拿|自提|提货|看|接货|你们)"
    r"|要接|要带|要陪|要看|要参加|得接|得带|得看|送(?:孩子|娃|小孩)(?!的)"
    rf"|(?<!有人)(?:陪|照顾|照看){_PEOPLE}|接送?(?:孩子|娃|小孩)|接机|送机|赶(?:飞机|火车|高铁)"
    rf"|{_HAS_TO}|有约|约了(?:人|医|牙|朋|客|同|别|其他|中介|物业|体检)|请客|办酒|摆酒|喝喜酒|吃酒席?"
    r"|(?<!不)(?<!帮)忙(?!不|吗|帮|您|你|你们|完)|排练|盘点|打麻将|打牌|打球|钓鱼|爬山|逛街|健身|理发|看电影|赶集|走亲戚|考试|出国|出远门|订婚|聚餐|聚会|家长会|出发(?!前)|动身|面试|手术|住院|复查|体检|看病|打针|打疫苗"
    r"|搬家(?!公司)|结婚|办喜事|办丧事|办白事|出殡|上坟|扫墓|午睡|就睡|要睡|睡了|睡觉|补觉"
    r"|要休息|[要得去在]买菜|[要得在]做饭|[早中晚夜白]班(?!车)"
)
_SUITS = (
    r"OK|ok|可以|都行|也行|行|方便|有空|有时间|有人|在家|得空|没问题|休息|合适|改[到成]?|(?<!可)能"
    r"|好|要得"
)
VERDICT = re.compile(
    rf"(?P<yes>{_ONLY_ASKS}|{_NOT_BUSY})|(?P<no>{_CANNOT})|(?P<busy>{_BUSY})|(?P<suits>{_SUITS})"
)
# 师傅周六上班吗 is about us, and so is a question.
_CREW = re.compile(r"(?:你们|您们|师傅|网点|门店|客服|店家|商家|你家|厂家|仓库)[^,。]{0,4}$")
# 出差回来 is at home again, 上班再装 waits for it; 中午休息不让施工 says no all the same.
_IS_BACK = re.compile(r"^[^,。;!?]{0,2}(?:回来|回到|到家|回家|结束)|^(?:以后|之后|了)?再(?!说我)")
_YIELDS = {"休息", "在家", "有人"}
_BUSY_ASKED = re.compile(r"^(?!行|可以)[^,。;!?]{0,3}(?:[吗么]|[不没]$)")
_NO_ASKED = re.compile(r"^(?:[了送来装约满]|上门|安排|有|空?位|名额|师傅|时间)*[吗么]")


def says_no(clause: str, verdict: re.Match[str]) -> bool:
    """Return whether `verdict` (of VERDICT, in `clause`) says that the time does not suit."""
    after = clause[verdict.end() :]
    if after.startswith("的话"):  # a condition refuses nothing
        return False
    if verdict["suits"] in _YIELDS:
        following = VERDICT.search(clause, verdict.end())
        return bool(following and says_no(clause, following))
    if verdict["busy"] and _IS_BACK.match(after):
        return False
    if verdict["busy"]:
        return not (_BUSY_ASKED.match(after) or _CREW.search(clause[: verdict.start()]))
    return bool(verdict["no"]) and not _NO_ASKED.match(after)
