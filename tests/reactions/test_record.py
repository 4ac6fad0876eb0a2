from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from eventstudy.errors import InputError
from eventstudy.reactions import COLUMNS, Reaction, reactions_frame
from eventstudy.reports.contract import conform, kinds


def test_frame_keeps_the_contract(reactions: dict[str, Reaction]) -> None:
    frame = reactions_frame(reactions.values())
    assert tuple(kinds("reactions", list(frame.columns))) == COLUMNS
    assert len(frame) == 6 * 17
    row = frame[(frame["event_id"] == "BABA-2024Q4") & (frame["leg"] == "d1") & (frame["kind"] == "rung")].iloc[0]
    assert (row["end"], row["price"], row["price_source"], row["grade"]) == (
        "2025-02-21 close",
        143.75,
        "measured",
        "official",
    )
    assert row["raw_log"] == pytest.approx(np.log(143.75 / 125.79), abs=1e-14)
    assert type(row["kind"]) is str
    written = conform("reactions", frame)
    assert str(written["start"].dtype) == "str"
    assert str(written["n"].dtype) == "int64"


def test_no_reaction_is_an_empty_frame() -> None:
    frame = reactions_frame([])
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 0


def test_unknown_leg(february: Reaction) -> None:
    with pytest.raises(InputError, match=r"has no leg 'open'\. Known: gap, session, d1"):
        february.leg("open")


def test_summary_shows_sentence_rungs_and_legs(february: Reaction) -> None:
    text = february.summary()
    assert text.startswith(
        "Alibaba (BABA) rose 11.0% before the open of 20 February 2025 (press quote), opened 9.56% up"
    )
    assert re.search(r"Close +135\.97 +measured +\+8\.09%", text)
    assert re.search(r"Day D\+2 +129\.04 +measured +-10\.23%", text)
    assert "the standing beside it is the gap's" in text
    assert "Expected: beta 0.700 times the move of SPY" in text


def test_html_is_escaped_and_the_same_twice(february: Reaction) -> None:
    odd = replace(february, company="<b>A&B</b>")
    page = odd._repr_html_()
    assert "&lt;b&gt;A&amp;B&lt;/b&gt; (BABA) rose 11.0%" in page
    assert "<b>" not in page
    assert page.count("<svg") == 1
    assert page.count("<table") == 2
    assert "+8.09%" in page
    assert page == odd._repr_html_()


def test_plot_draws_every_rung(february: Reaction) -> None:
    axes = february.plot().axes[0]
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    widths = [round(100 * bar.get_width(), 2) for bar in bars]
    assert widths[:2] == [11.0, 9.56]
    assert len(widths) == 10
