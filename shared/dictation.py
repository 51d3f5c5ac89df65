"""Dictation: what is recognised in a request as it was told or pasted, in Chinese or English."""

import datetime
import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from shared.amounts import LINE_CHARS_MAX, TEXT_CHARS_MAX
from shared.wanted import wanted

# Full-width letters, digits and signs, one for one, so that places in the text stay true.
_PLAIN: Final = {0xFF01 + n: 0x21 + n for n in range(94)} | {0x3000: 0x20}
_KEEP: Final = "，；：！？（）"  # these part sentences and are no digits

# When a message was written, as chats and mails put it before each; nobody wishes for that time.
_DATE: Final = r"(?:\d{4}[/.年-]\d{1,2}[/.月-]\d{1,2}日?|\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?)"
_HOURS: Final = r"(?:上午|下午|晚上|中午|凌晨)?\s?\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp][Mm])?"
_STAMPS: Final = re.compile(
    rf"\[{_HOURS},\s?{_DATE}\](?:\s?[^:\n]{{1,40}}:)?"
    rf"|\[?{_DATE},?\s*(?:周.|星期.)?\s*{_HOURS}\]?"
    rf"|(?<!\d)\d{{1,2}}:\d{{2}}:\d{{2}}(?!\d)"
    r"|^(?:sent|date|发送时间|发件时间|日期|时间)\s?[:：][^\n]*\d:\d{2}[^\n]*$"
    r"|^(?![^\n]*(?:[今明周早晚午到点来约可改]|后天|(?i:\b(?:at|from|by|before|after|to|until)\b)))"
    rf"[^\n\d，。,:：!！?？]{{1,16}}[ \t](?P<clock>{_HOURS})[ \t]*(?=\n)",
    re.IGNORECASE | re.MULTILINE,
)
# Who speaks or is spoken to in a group, and a smiling face written out.
_ASIDES: Final = re.compile(
    r"^[\u4e00-\u9fff]{1,4}(?:姐|哥|总|先生|女士|师傅|经理|主任|阿姨|叔)\s?[:：]"
    r"|@[^\s@，。]+|\[[\u4e00-\u9fff]{1,4}\]|【[\u4e00-\u9fff]{1,4}】",
    re.MULTILINE,
)

SURNAMES: Final = (
    "欧阳|上官|司马|诸葛|司徒|东方|慕容|皇甫|尉迟|长孙|"
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶"
    "程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾"
    "毛郝龚邵万钱严覃武戴莫孔向汤费鲍柳殷祝裴翁施柯俞章倪翟申樊庞尤耿芦]"
)
TITLES: Final = "先生|女士|小姐|太太|阿姨|叔叔|师傅|老师|经理|主任|科长|院长|老板|大爷|大妈|医生"
_CHINESE: Final = r"[\u4e00-\u9fff]"

_PHONES: Final = (
    re.compile(r"(?<![\dA-Za-z])(?:\+?86[ -]?)?(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})(?![\d])"),
    re.compile(
        r"(?<![\dA-Za-z])\(?(0\d{2,3})\)?[ -]?(\d{3,4})[ -]?(\d{4})"
        r"(?:\s?(?:转|分机|ext\.?|x|-|#)\s?(\d{1,6}))?(?!\d)",
        re.IGNORECASE,
    ),
    re.compile(r"(?<![\dA-Za-z])([48]00)[ -]?(\d{3,4})[ -]?(\d{3,4})(?!\d)"),
    re.compile(r"(?<![\dA-Za-z])(\+(?!86)\d{1,3}(?:[ -]?\(?\d{2,4}\)?){2,5})(?!\d)"),
)
_NAMES: Final = (
    re.compile(
        rf"(?:联系人|姓名|称呼|报修人|业主)\s?[:：是]?\s?({_CHINESE}{{2,4}}?(?:{TITLES})?)"
        rf"(?=[\s,，。;；:：、\d(（]|电话|手机|$)"
    ),
    re.compile(rf"((?:{SURNAMES}){_CHINESE}{{0,2}}?(?:{TITLES}))"),
    re.compile(rf"(?:我叫|我是)\s?((?:{SURNAMES}){_CHINESE}{{1,2}})(?=[\s,，。;；、]|$)"),
    re.compile(rf"(?:我姓|免贵姓)\s?({SURNAMES})"),
    re.compile(r"\b((?:Mr|Ms|Mrs|Miss|Dr)\.?\s[A-Z][\w'-]+(?:\s[A-Z][\w'-]+)?)"),
    re.compile(
        r"(?:(?i:this is|my name is|i am|i'm|name:|contact:|name is))\s+"
        r"([A-Z][\w'-]+(?:\s[A-Z][\w'-]+){0,2})"
    ),
)
_ROADS: Final = "路|街|大道|道|巷|弄"
_ESTATES: Final = (
    "小区|花园|家园|公寓|新村|雅居|名邸|苑|湾|里|庭|府|城|园"
    "|大厦|广场|中心|酒店|医院|学校|中学|小学"
)
# A building, an entrance, a floor, a door: each a number or a letter, some of them with a name.
_DOOR: Final = (
    r"\s?(?:(?:门诊|住院|办公|教学|综合|实验|主|[东西南北])楼"
    r"|[A-Za-z]?\d{0,4}[A-Za-z]?\s?(?:号楼|幢|栋|单元|座|楼|层|室|户|房)(?:机房|设备间)?)"
)
_ADDRESSES: Final = (
    re.compile(r"(?:地址|住址|位置)\s?[:：]\s?([^\n，。；,;]{4,80})"),
    re.compile(
        rf"((?:{_CHINESE}{{2,6}}省)?(?:{_CHINESE}{{2,5}}市)?(?:{_CHINESE}{{1,6}}?(?:区|县|镇|街道))*"
        rf"{_CHINESE}{{1,8}}?(?:{_ROADS})\s?\d+(?:-\d+)?\s?(?:号|弄)(?!线|楼)"
        rf"(?:\s?{_CHINESE}{{0,10}}?(?:{_ESTATES})+)?"
        rf"(?:{_DOOR})*(?:\s?\d{{3,4}}(?!\d)\s?(?:室|号)?)?)"
    ),
    re.compile(
        rf"((?:{_CHINESE}{{2,5}}市)?(?:{_CHINESE}{{1,6}}?(?:区|县|镇|街道))?"
        rf"{_CHINESE}{{1,8}}?(?:{_ESTATES})+(?:{_DOOR})+"
        rf"(?:\s?\d{{3,4}}(?!\d)\s?(?:室|号)?)?)"
    ),
    re.compile(r"(?i:address|addr)\.?\s?:\s?([^\n;]{6,100})"),
    re.compile(
        r"((?:(?:Room|Unit|Apt|Flat|Suite)\.?\s[\w-]+,\s)?(?:(?:Block|Building)\s[\w-]+,\s)?"
        r"\d{1,5}\s[A-Z][\w'.]*(?:\s[A-Z][\w'.]*){0,4}?\s"
        r"(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Boulevard|Blvd|Way|Square|Place)\b\.?"
        r"(?:,\s(?:(?:Room|Unit|Apt|Flat|Suite|Floor|Level|Block|Building)\s[\w-]+|[A-Z][a-z]+"
        r"(?:\s(?:Zone|District|Park|City|Town|Estate|Area|Centre|Center))?))*)"
    ),
    re.compile(r"\b([A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|weg|platz|allee)\s\d+\s?[a-z]?)\b"),
)
# What leads up to an address without being of it.
_BEFORE_ADDRESS: Final = re.compile(
    r"^.*(?:地址|住址|位于|家住|住在|我家|我们|这边|这里|[在到住是])"
)
_CODES: Final = re.compile(
    r"(?<![A-Za-z0-9/.-])([A-Z]{1,2}-?\d{1,3})(?![A-Za-z0-9/.-]|\s?[座幢栋层楼])"
)
_SAID_CODES: Final = re.compile(
    r"(?:显示|报警?|代码|故障码|错误|error|code|fault|alarm|shows)\s?(?:code\s)?[:：是为]?\s?"
    r"([A-Za-z]{1,2}-?\d{1,3})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_EMERGENCY: Final = re.compile(
    r"困人|冒烟|着火|起火|漏电|燃气泄漏|煤气泄漏|爆炸|trapped|smoke|on fire|sparks|gas leak",
    re.IGNORECASE,
)
_URGENT: Final = re.compile(
    r"紧急|[很挺好太特急]急|急[用死!！]|急的|着急|加急|尽快|马上|赶紧|立刻"
    r"|(?<![\u4e00-\u9fff])急(?![\u4e00-\u9fff])"
    r"|urgent|asap|immediately|as soon as possible",
    re.IGNORECASE,
)
_CALM: Final = re.compile(
    r"不(?:是?很|是?太|用|必|怎么)?(?:紧急|着急|急)"
    r"|(?:not|isn't) (?:very |so |that |too )?urgent|non-?urgent",
    re.IGNORECASE,
)
# A sentence ends at its sign; in Chinese a gap between two words does as well.
_ENDS: Final = re.compile(
    r"[\n，。；！？,;!?]|(?<!\b[Nn]o)(?<!\b[MDNn]r)\.(?=\s|$)|(?<=[\u4e00-\u9fff\0])\s+(?=[\u4e00-\u9fff\0])"
)
_LED_UP_TO: Final = re.compile(r"\b(?:at|in|on|is|from)\s*\0+", re.IGNORECASE)
_TROUBLE: Final = re.compile(
    r"不|坏|漏|滴水|响|异响|噪|报|跳|没|无|显示|故障|堵|裂|断|停|卡|冒|烧|臭|烫|困|保养|清洗|安装|维修|更换"
    r"|error|fault|alarm|not\b|n't|leak|drip|nois|broke|stop|trip|smell|stuck|fail|dead|warm|hot|cold"
    r"|clean|install|repair|service|replace|maintenance|crack|jam",
    re.IGNORECASE,
)
_POLITE: Final = re.compile(
    r"^(?:你好|您好|喂|谢谢|感谢|多谢|麻烦|拜托|好的"
    r"|hello|hi|dear|good (?:morning|afternoon)|thanks|thank you|ok)+"
    r"(?:了|您|你|啊|哈|again|team|sir|madam)*$",
    re.IGNORECASE,
)
_LABEL: Final = re.compile(
    r"^(?:(?:我的?)?(?:电话|手机号?|号码|联系方式|联系人|姓名|称呼|地址|住址|问题|故障|描述)[是为]?"
    r"|我姓|免贵姓|的|我是|我叫|my (?:number|phone|name)(?: is)?|(?:call )?me on|this is"
    r"|phone|tel|mobile|name|address|problem|issue)"
    r"\s?[:：]?\s*",
    re.IGNORECASE,
)
_LEFT_OVER: Final = re.compile(r"^[\s:：、.\-()（）的在我是住请来到]*$")


class Mark(Struct, frozen=True, kw_only=True):
    """A piece of the text that was recognised, and as what: name, phone, address, code, time."""

    what: str
    start: int
    end: int


class Heard(Struct, frozen=True, kw_only=True):
    """What a text says as far as it was recognised; an empty value was not.

    `planned_from` and `planned_to` are the wanted wall times at the site. `marks` do not overlap
    and stand in the order of the text.
    """

    name: str = ""
    phone: str = ""
    address: str = ""
    codes: tuple[str, ...] = ()
    problem: str = ""
    priority: str = ""
    planned_from: str = ""
    planned_to: str = ""
    marks: tuple[Mark, ...] = ()


def listen(text: str, now: datetime.datetime) -> Heard:
    """What a request says. `now` is the wall time where the request is taken.

    It is looked for in as much as a request may be long: what is longer was not told by anybody.
    """
    text = text[:TEXT_CHARS_MAX]
    plain = text.translate({code: sign for code, sign in _PLAIN.items() if chr(code) not in _KEEP})
    stamps = list(_stamps(plain))
    plain = _without(plain, stamps)
    phone, phone_mark = _phone(plain)
    # What is a phone number is neither a house number nor a time.
    rest = _without(plain, phone_mark)
    address, address_mark = _address(rest)
    rest = _without(rest, address_mark)
    name, name_mark = _first(_NAMES, rest, "name")
    codes, code_marks = _fault_codes(rest)
    time = wanted(_without(rest, code_marks), now)
    time_mark = [] if time is None else [Mark(what="time", start=time.start, end=time.end)]
    marks = [*phone_mark, *address_mark, *name_mark, *code_marks, *time_mark]
    aside = [*stamps, *(mark for mark in marks if mark.what != "code")]
    return Heard(
        name=name,
        phone=phone,
        address=address[:LINE_CHARS_MAX],
        codes=codes,
        problem=_problem(_without(text, aside)),
        priority=_priority(plain),
        planned_from=time.planned_from if time is not None else "",
        planned_to=time.planned_to if time is not None else "",
        marks=tuple(sorted(marks, key=lambda mark: mark.start)),
    )


def _stamps(text: str) -> Iterator[Mark]:
    """When the messages were written; who wrote one stays."""
    for found in _STAMPS.finditer(text):
        start = found.start("clock") if found["clock"] else found.start()
        yield Mark(what="stamp", start=start, end=found.end())


def _phone(text: str) -> tuple[str, list[Mark]]:
    """The first telephone number, written as people read it out."""
    found = [
        (one, style) for style, pattern in enumerate(_PHONES) for one in pattern.finditer(text)
    ]
    if not found:
        return "", []
    first, style = min(found, key=lambda pair: (pair[0].start(), pair[1]))
    parts = [part for part in first.groups() if part]
    written = {
        0: " ".join(parts),
        1: f"{parts[0]}-{' '.join(parts[1:3])}{'-' + parts[3] if len(parts) > 3 else ''}"
        if style == 1
        else "",
        2: " ".join(parts),
        3: parts[0].strip(),
    }
    return written[style], [Mark(what="phone", start=first.start(), end=first.end())]


def _address(text: str) -> tuple[str, list[Mark]]:
    address, marks = _first(_ADDRESSES, text, "address")
    if not marks:
        return "", []
    lead = _BEFORE_ADDRESS.match(address)
    cut = lead.end() if lead is not None else 0
    return address[cut:], [Mark(what="address", start=marks[0].start + cut, end=marks[0].end)]


def _first(patterns: Iterable[re.Pattern[str]], text: str, what: str) -> tuple[str, list[Mark]]:
    """What the first pattern finds that finds anything."""
    for pattern in patterns:
        found = pattern.search(text)
        if found is not None:
            value = found[1].rstrip()
            return value, [Mark(what=what, start=found.start(1), end=found.start(1) + len(value))]
    return "", []


def _fault_codes(text: str) -> tuple[tuple[str, ...], list[Mark]]:
    """Codes that a machine shows, such as E6 or A-117, each once."""
    places = {
        (one.start(1), one.end(1))
        for pattern in (_CODES, _SAID_CODES)
        for one in pattern.finditer(text)
    }
    marks = [Mark(what="code", start=start, end=end) for start, end in sorted(places)]
    codes = dict.fromkeys(text[mark.start : mark.end].upper() for mark in marks)
    return tuple(codes), marks


def _priority(text: str) -> str:
    if _EMERGENCY.search(text):
        return "emergency"
    return "urgent" if _URGENT.search(_CALM.sub("", text)) else ""


def _problem(text: str) -> str:
    """The sentences that tell what is wrong; if none seems to, all that are left."""
    said = list(_said(_ASIDES.sub("", text)))
    telling = [sentence for sentence in said if _TROUBLE.search(sentence)] or said
    joint = "，" if re.search(_CHINESE, text) else ", "
    return joint.join(telling)


def _said(text: str) -> Iterator[str]:
    for piece in _ENDS.split(_LED_UP_TO.sub("", text)):
        sentence = _LABEL.sub("", re.sub(r"[\s\0]+", " ", piece).strip())
        if not _LEFT_OVER.match(sentence) and not _POLITE.match(sentence.strip(" .")):
            yield sentence.strip(" .")


def _without(text: str, marks: Iterable[Mark]) -> str:
    """The text with what was recognised blanked out, every other sign in its place."""
    for mark in marks:
        text = text[: mark.start] + "\0" * (mark.end - mark.start) + text[mark.end :]
    return text
