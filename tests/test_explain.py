from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from eventstudy.errors import InputError, UnknownNameError
from eventstudy.explain import reaction
from eventstudy.sources import offline


def test_the_founding_question_in_one_line() -> None:
    answer = reaction("BABA", "2025-02-20")
    assert answer.sentences[0].startswith("Alibaba (BABA) rose 11.0% before the open of 20 February 2025 (press quote)")
    assert "Abnormal return on day 0: +8.22% (t = 3.42, p = 0.0008) under market" in answer.summary()
    assert answer.sentences[-1] == "Prices and dates: the embedded sample."
    assert answer.reaction.rung("close").raw == pytest.approx(135.97 / 125.79 - 1)
    assert "+9.56%" in answer._repr_html_()


def test_it_is_text_and_a_table() -> None:
    answer = reaction("BABA", "2025-02-20")
    assert str(answer) == answer.summary()
    assert repr(answer) == f"Explanation({answer.sentences[0]})"
    frame = answer.to_frame().set_index(["kind", "leg"])
    assert frame.loc[("rung", "close"), "raw"] == pytest.approx(135.97 / 125.79 - 1)
    assert frame.loc[("leg", "gap"), "raw"] == pytest.approx(137.81 / 125.79 - 1)
    assert len(frame) == len(answer.reaction.moves)


def test_a_stock_of_the_sample_without_announcements_is_explained_by_date() -> None:
    answer = reaction("KWEB", "2025-02-20", source="sample")
    assert answer.reaction.event_id == "KWEB-2025-02-20"
    assert answer.reaction.rung("close").raw == reaction("KWEB", "2025-02-20").reaction.rung("close").raw


def test_the_page_is_one_file_without_requests(tmp_path: Path) -> None:
    page = reaction("BABA", "2025-02-20").to_html(tmp_path / "answer.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<svg" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page


def test_the_latest_announcement_without_a_date() -> None:
    assert reaction("BABA").reaction.event_id == "BABA-2025Q2"


def test_too_little_history_still_has_its_ladder() -> None:
    answer = reaction("BABA", "2024-05-14")
    assert answer.reaction.rung("close").raw == pytest.approx(-0.0602, abs=5e-5)
    assert "27 of 120 estimation returns" in answer.evidence[0]


def test_a_midnight_out_of_a_frame_is_a_date() -> None:
    assert reaction("BABA", pd.Timestamp("2025-02-20")).reaction.event_id == "BABA-2024Q4"


def test_a_date_without_a_known_announcement() -> None:
    answer = reaction("BABA", "2025-03-15")  # a Saturday: the next session
    assert str(answer.reaction.day0) == "2025-03-17"
    assert answer.reaction.event_id == "BABA-2025-03-15"
    assert reaction("KWEB", "2025-02-20").reaction.benchmark == "SPY"


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "words"),
    [
        (("BAAB",), {"source": "sample"}, UnknownNameError, "Did you mean 'BABA'"),
        (("BABA", "2025-02-20"), {"benchmark": "KWEEB"}, UnknownNameError, "Did you mean 'KWEB'"),
        (("BABA", "2027-01-04"), {"source": "sample"}, InputError, "the prices run from 2024-03-20 to 2025-09-19"),
        (("BABA", "20 Feb"), {}, InputError, "an ISO date such as 2025-02-20"),
        (("SPY",), {}, InputError, "No announcement of SPY is known; name its date."),
        (("BABA", "2025-02-20"), {"source": "csv"}, InputError, "needs settings (path)"),
        (("BABA", "2025-02-20"), {"source": "samples"}, UnknownNameError, "Did you mean 'sample'"),
    ],
)
def test_what_does_not_exist_is_named(
    arguments: tuple[str, ...], settings: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error) as caught:
        reaction(*arguments, **settings)  # type: ignore[arg-type]
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("symbol", "date", "words"),
    [
        ("BAAB", "2025-02-20", "The embedded sample has no BAAB. Did you mean 'BABA'? Yahoo was asked next: "),
        (
            "BABA",
            "2019-01-30",
            "The embedded sample has BABA from 2024-03-20 to 2025-09-19 only. Yahoo was asked next: ",
        ),
    ],
)
def test_what_the_sample_lacks_is_asked_of_yahoo(symbol: str, date: str, words: str) -> None:
    with offline(), pytest.raises(InputError) as caught:
        reaction(symbol, date)
    assert str(caught.value).startswith(words)


def test_a_symbol_that_is_no_text_is_told_so() -> None:
    with pytest.raises(InputError, match=r"^The symbol is 7203; a ticker as text was expected, such as 'BABA'"):
        reaction(7203)  # type: ignore[arg-type]


@pytest.mark.parametrize("symbol", ["", "  "])
def test_an_empty_symbol_is_told(symbol: str) -> None:
    with offline(), pytest.raises(InputError, match=r"^reaction: the symbol is empty; say whose announcement"):
        reaction(symbol)
