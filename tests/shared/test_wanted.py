"""When somebody would like a visit, as people say it."""

import datetime

from shared.wanted import wanted

NOW = datetime.datetime.fromisoformat("2026-11-23T14:07")  # a Monday


def window(text: str, now: datetime.datetime = NOW) -> str:
    """The wanted window of a text, short: day and times, or nothing."""
    found = wanted(text, now)
    return "" if found is None else f"{found.planned_from[5:]}–{found.planned_to[11:]}"


def wrong(table: dict[str, str]) -> dict[str, str]:
    """Of a table from texts to windows: where something else was understood."""
    return {text: window(text) for text in table if window(text) != table[text]}


def test_chinese_times_are_understood() -> None:
    assert (
        wrong(
            {
                "明天下午3点": "11-24T15:00–17:00",
                "明天下午三点半过来": "11-24T15:30–17:30",
                "今晚8点以后": "11-23T20:00–22:00",
                "后天上午": "11-25T09:00–12:00",
                "大后天十点半": "11-26T10:30–12:30",
                "明早": "11-24T09:00–12:00",
                "周三下午2点到4点": "11-25T14:00–16:00",
                "下周一10点前": "11-30T08:00–10:00",
                "下个星期天中午": "12-06T12:00–14:00",
                "本周五": "11-27T09:00–17:00",
                "11月28日9:00-11:00": "11-28T09:00–11:00",
                "1月5号上午": "01-05T09:00–12:00",
                "礼拜二十一点一刻": "11-24T11:15–13:15",
                "今天傍晚六点": "11-23T18:00–20:00",
                "明天三点": "11-24T15:00–17:00",
                "明天二十点": "11-24T20:00–22:00",
                "明天0点": "11-24T00:00–02:00",
                "明天晚上11点": "11-24T23:00–23:59",
                "明天4点到3点": "11-24T16:00–18:00",
            }
        )
        == {}
    )


def test_english_times_are_understood() -> None:
    assert (
        wrong(
            {
                "tomorrow at 3pm": "11-24T15:00–17:00",
                "Tuesday between 9 and 11": "11-24T09:00–11:00",
                "next Friday morning": "12-04T09:00–12:00",
                "tonight": "11-23T18:00–20:00",
                "the day after tomorrow in the afternoon": "11-25T13:00–17:00",
                "24 Nov, 10:30 am": "11-24T10:30–12:30",
                "December 1st at 2 p.m.": "12-01T14:00–16:00",
                "3 Jan": "01-03T09:00–17:00",
                "tomorrow 2-4 pm": "11-24T14:00–16:00",
                "on Wednesday by 5": "11-25T15:00–17:00",
            }
        )
        == {}
    )


def test_a_time_without_a_day_is_the_next_one() -> None:
    assert [window(text) for text in ("15:30前来", "9点来", "before 15:30", "at 3 o'clock")] == [
        "11-23T13:30–15:30",
        "11-24T09:00–11:00",
        "11-23T13:30–15:30",
        "11-23T15:00–17:00",
    ]


def test_what_is_told_about_the_past_is_no_wish() -> None:
    assert [
        window(text)
        for text in (
            "今天早上开始漏水",
            "从周日起不制冷",
            "since Monday it makes noise",
            "bought 3 Jan",
            "昨天坏的",
        )
    ] == ["", "", "", "", ""]


def test_of_two_times_the_wish_is_taken() -> None:
    assert window("今天早上漏水了，麻烦明天上午来看看") == "11-24T09:00–12:00"
    assert window("明天下午3点来，后天上午也行") == "11-24T15:00–17:00"


def test_numbers_that_are_no_times_are_left_alone() -> None:
    texts = ("重启3次", "2 years old", "30分钟一次", "about 40 minutes", "30:75", "25点", "2月30日")
    assert [window(text) for text in texts] == [""] * len(texts)
