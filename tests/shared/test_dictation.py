"""What is recognised in a request as people tell or paste it."""

import datetime
import time
from typing import Any

from shared.dictation import Heard, Mark, listen

NOW = datetime.datetime.fromisoformat("2026-11-23T14:07")  # a Monday
DAY = "2026-11-24"


def told(text: str, now: datetime.datetime = NOW) -> dict[str, Any]:
    """What was recognised, without what was not, and without the places."""
    heard = listen(text, now)
    fields = {name: getattr(heard, name) for name in Heard.__struct_fields__ if name != "marks"}
    return {name: value for name, value in fields.items() if value}


def wrong(field: str, table: dict[str, str]) -> dict[str, str]:
    """Of a table from a text to what a field of it should be: where it is not."""
    found = {text: str(told(text).get(field, "")) for text in table}
    return {text: found[text] for text in table if found[text] != table[text]}


def test_a_chinese_chat_gives_everything_that_a_ticket_needs() -> None:
    text = (
        "您好，我是星湖医院后勤科陈女士，苏州市工业园区星湖街388号门诊楼B座3层机房的2号冷水机组"
        "周日起高压跳机，大概40分钟一次，报警A-117。麻烦明天下午3点到，我电话 138 1234 5678。"
    )
    assert told(text) == {
        "name": "陈女士",
        "phone": "138 1234 5678",
        "address": "苏州市工业园区星湖街388号门诊楼B座3层机房",
        "codes": ("A-117",),
        "problem": "2号冷水机组周日起高压跳机，报警A-117",
        "planned_from": f"{DAY}T15:00",
        "planned_to": f"{DAY}T17:00",
    }


def test_a_filled_in_form_with_full_width_digits_is_read_by_its_labels() -> None:
    text = (
        "姓名：张伟\n电话：１３９１２３４５６７８\n地址：苏州市姑苏区人民路１２号３幢２０１室\n"
        "故障：热水器显示E6，不出热水\n明天上午来"
    )
    assert told(text) == {
        "name": "张伟",
        "phone": "139 1234 5678",
        "address": "苏州市姑苏区人民路12号3幢201室",
        "codes": ("E6",),
        "problem": "热水器显示E6，不出热水",
        "planned_from": f"{DAY}T09:00",
        "planned_to": f"{DAY}T12:00",
    }


def test_an_english_mail_gives_the_same() -> None:
    text = (
        "Hello, this is Mr Smith, the boiler at 12 Garden Road, Unit 4 shows E6 and no hot water. "
        "Please come tomorrow at 3pm. My number is +44 20 7946 0958. Thank you"
    )
    assert told(text) == {
        "name": "Mr Smith",
        "phone": "+44 20 7946 0958",
        "address": "12 Garden Road, Unit 4",
        "codes": ("E6",),
        "problem": "the boiler shows E6 and no hot water",
        "planned_from": f"{DAY}T15:00",
        "planned_to": f"{DAY}T17:00",
    }


def test_what_was_recognised_is_marked_where_it_stands() -> None:
    text = "我是李先生，洗衣机Ｅ２不排水，１３８００００１２３４，明早9点半"
    heard = listen(text, NOW)
    assert heard.marks == (
        Mark(what="name", start=2, end=5),
        Mark(what="code", start=9, end=11),
        Mark(what="phone", start=15, end=26),
        Mark(what="time", start=27, end=32),
    )


def test_a_text_that_says_nothing_gives_nothing() -> None:
    assert [told(text) for text in ("", "你好！", "   ", "谢谢您")] == [{}, {}, {}, {}]


def test_only_what_is_wrong_becomes_the_problem() -> None:
    assert (
        wrong(
            "problem",
            {
                "空调坏了": "空调坏了",
                "你好 我是李先生 家里空调不制冷 电话13812345678 后天下午有空": "家里空调不制冷",
                "大后天十点半来装新机，免贵姓欧阳": "来装新机",
                "电话是13812345678，想咨询一下": "想咨询一下",
                "Compressor stopped, fault code f3, call 0421 123 4567": (
                    "Compressor stopped, fault code f3"
                ),
                "my phone is 13812345678": "",
            },
        )
        == {}
    )


def test_telephone_numbers_are_found_and_written_one_way() -> None:
    assert (
        wrong(
            "phone",
            {
                "13812345678": "138 1234 5678",
                "+86 138-1234-5678": "138 1234 5678",
                "86 13812345678谢谢": "138 1234 5678",
                "１３８１２３４５６７８": "138 1234 5678",
                "打0512-62881234转8001": "0512-6288 1234-8001",
                "0512 6288 1234": "0512-6288 1234",
                "(021)62881234": "021-6288 1234",
                "021-6288-1234 ext. 12": "021-6288 1234-12",
                "400-820-1234": "400 820 1234",
                "+49 421 123 4567": "+49 421 123 4567",
                "订单号20261123138123456789": "",
                "序列号KF13812345678": "",
                "12345678": "",
            },
        )
        == {}
    )


def test_names_are_told_from_other_words() -> None:
    assert (
        wrong(
            "name",
            {
                "我是王建国": "王建国",
                "我叫欧阳晓燕，空调漏水": "欧阳晓燕",
                "免贵姓欧阳": "欧阳",
                "请联系刘女士": "刘女士",
                "联系人：周建国，电话13800001234": "周建国",
                "联系人 司马老师 电话": "司马老师",
                "我是新来的": "",
                "施工队在楼上": "",
                "Name: Anna Chen, AC leaks": "Anna Chen",
                "Dr. Who called": "Dr. Who",
                "This is Peter from the plant": "Peter",
                "this is broken": "",
            },
        )
        == {}
    )


def test_addresses_keep_building_and_room_and_nothing_before_them() -> None:
    assert (
        wrong(
            "address",
            {
                "地址在苏州市吴中区东方大道18号天澜花园3幢2单元1203室": (
                    "苏州市吴中区东方大道18号天澜花园3幢2单元1203室"
                ),
                "我家住听泉街8号听泉雅居12幢1单元1702室": "听泉街8号听泉雅居12幢1单元1702室",
                "北辰家园5幢302，漏水": "北辰家园5幢302",
                "在桂月路 5 号桂苑小区 3 幢 601 室": "桂月路 5 号桂苑小区 3 幢 601 室",
                "江苏省江州市云溪区松涛路 5 号": "江苏省江州市云溪区松涛路 5 号",
                "地址：昆山开发区前进路99号A座": "昆山开发区前进路99号A座",
                "Address: 221B Baker Street, London": "221B Baker Street, London",
                "Hafenstraße 12, compressor stopped": "Hafenstraße 12",
                "come to 5 Mill Lane, Room 3, Leeds please": "5 Mill Lane, Room 3, Leeds",
                "2号门领通行证": "",
                "空调坏了": "",
            },
        )
        == {}
    )


def test_fault_codes_are_neither_models_nor_buildings() -> None:
    assert {
        text: told(text).get("codes", ())
        for text in (
            "显示E6，重启后还是e6",
            "故障码 f3",
            "报A-117和U4",
            "KFR-35GW/A1不制冷",
            "B2座电梯停了",
            "error code P4 on the panel",
        )
    } == {
        "显示E6，重启后还是e6": ("E6",),
        "故障码 f3": ("F3",),
        "报A-117和U4": ("A-117", "U4"),
        "KFR-35GW/A1不制冷": (),
        "B2座电梯停了": (),
        "error code P4 on the panel": ("P4",),
    }


def test_danger_is_an_emergency_and_haste_is_urgent() -> None:
    assert (
        wrong(
            "priority",
            {
                "电梯困人了！快来": "emergency",
                "The dryer is on fire": "emergency",
                "很急，漏水": "urgent",
                "please come asap": "urgent",
                "空调漏水": "",
            },
        )
        == {}
    )


def test_a_long_text_is_read_in_no_time() -> None:
    texts = ["中" * 4000, "1" * 4000, "A1 " * 1300, "苏州市" * 1300, "明天3点" * 900, "王" * 4000]
    started = time.perf_counter()
    for text in texts:
        listen(text, NOW)
    assert time.perf_counter() - started < 6


def test_when_a_message_was_written_is_not_when_the_visit_is_wanted() -> None:
    wanted = {
        "周先生 2026/11/22 08:12:33\n空调不制热": "",
        "周先生 11-22 08:12\n空调不制热\n周先生 11-22 08:13\n在吗": "",
        "陈女士 19:42\n洗衣机不排水": "",
        "[12:03, 22/11/2026] Anna: the freezer is warm": "",
        "Sent: 22 November 2026 10:21\nThe pump leaks.": "",
        "周先生 2026/11/22 08:13:02\n后天上午9点到11点可以": "2026-11-25T09:00",
        "陈女士 19:42\n明天15:00\n洗衣机不排水": f"{DAY}T15:00",
        "Please come at 15:00\nThe pump leaks.": "2026-11-23T15:00",
    }
    assert wrong("planned_from", wanted) == {}


def test_a_time_before_noon_ends_at_noon() -> None:
    before = {"Please come tomorrow before noon": f"{DAY}T12:00", "明天中午前来": f"{DAY}T12:00"}
    assert wrong("planned_to", before) == {}


def test_what_is_said_not_to_be_urgent_is_not() -> None:
    priorities = {
        "急急急！空调坏了": "urgent",
        "热水器不热，挺急的": "urgent",
        "洗衣机不排水，急！！": "urgent",
        "空调不急，周末来就行": "",
        "不着急，有空来看下": "",
        "The tap drips, not urgent": "",
    }
    assert wrong("priority", priorities) == {}


def test_who_speaks_in_a_group_and_smiles_are_not_the_problem() -> None:
    problems = {
        "【转发】\n王姐：@客服 3栋地下室水泵房漏水啦[流泪]": "3栋地下室水泵房漏水啦",
        "Compressor no. 2 tripped again. Thanks": "Compressor no. 2 tripped again",
    }
    assert wrong("problem", problems) == {}


def test_an_english_address_keeps_its_district() -> None:
    text = "Please come to 5 Jingqi Road, Development Zone. Call me"
    assert wrong("address", {text: "5 Jingqi Road, Development Zone"}) == {}


def test_a_text_without_end_is_looked_through_as_far_as_a_request_goes() -> None:
    for word in ("tomorrow ", "明天下午", "138 ", "1-"):
        began = time.monotonic()
        assert listen(word * 10_000, NOW) == listen((word * 10_000)[:4000], NOW)
        assert time.monotonic() - began < 4.0, word
