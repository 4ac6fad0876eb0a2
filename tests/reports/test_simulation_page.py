"""The page of a simulation: rates and their Monte-Carlo error, words that follow the rules, data that stays text."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eventstudy.reports.simulation import chosen_level, power_table, sentences, share_interval, size_table
from eventstudy.reports.simulation_page import simulation_page
from eventstudy.simulation.power import Rejections, Simulation
from tests.reports.opened import Opened

SIZE = "Size: how often each test rejects where nothing happened"
POWER = "Power at 5%: how often each test finds an abnormal return on day 0"
HOSTILE = "<b onclick=x>&"
# Of 1000 samples at the 5% level the binomial band is 0.05 -+ 2.58 sqrt(0.05 0.95 / 1000): 3.22% to 6.78%.
RATES = {
    "bmp": {0.0: (0.008, 0.048), 0.01: (0.30, 0.52), 0.02: (0.85, 0.91)},
    "patell": {0.0: (0.011, 0.12), 0.01: (0.40, 0.70), 0.02: (0.95, 0.99)},
    "rank": {0.0: (0.010, 0.067), 0.01: (0.28, 0.51), 0.02: (0.84, 0.90)},
    "sign": {0.0: (0.001, 0.010), 0.01: (0.05, 0.15), 0.02: (0.20, 0.40)},
}
DRAWS = 1000
MOST_PICTURES = 4


def simulation(model: str = "market", window: str = "day0", missing: int = 0) -> Simulation:
    rows = tuple(
        Rejections(model, window, test, "default", "two-sided", effect, level, DRAWS - missing, missing, rate)
        for test, effects in RATES.items()
        for effect, rates in effects.items()
        for level, rate in zip((0.01, 0.05), rates, strict=True)
    )
    return Simulation(DRAWS, 50, common_date=False, rows=rows)


def page_of(made: Simulation, title: str = "Simulation") -> str:
    return simulation_page(made.to_frame(), made.samples, made.size, common_date=made.common_date, title=title)


@pytest.mark.parametrize(("count", "of"), [(48, 1000), (0, 200), (200, 200), (7, 20)])
def test_an_interval_is_wilsons(count: int, of: int) -> None:
    z, rate = 1.959963984540054, count / of
    middle = (rate + z**2 / (2 * of)) / (1 + z**2 / of)
    half = z * np.sqrt(rate * (1 - rate) / of + z**2 / (4 * of**2)) / (1 + z**2 / of)
    assert share_interval(rate, of) == pytest.approx((middle - half, middle + half), abs=1e-12)


def test_there_is_no_interval_without_samples() -> None:
    assert np.isnan(share_interval(float("nan"), 0)).all()


def test_the_tables_hold_rates_and_their_error() -> None:
    opened = Opened(page_of(simulation()))
    assert opened.tables[SIZE][0] == ["Test", "Model", "Window", "Size", "p-values", "at 1%", "at 5%"]
    # Wilson by hand: 48 of 1000 lies in 3.64% to 6.31%, 910 of 1000 in 89.07% to 92.62%.
    assert opened.cell(SIZE, "bmp", "at 5%") == "4.8% [3.6, 6.3]"
    assert opened.cell(POWER, "bmp", "+2.00%") == "91.0% [89.1, 92.6]"
    assert [row[3] for row in opened.tables[SIZE][1:]] == ["holds", "too often at 5%", "holds", "too seldom"]
    assert [row[3] for row in opened.tables[POWER][1:]] == ["holds", "too often", "holds", "too seldom"]


def test_the_words_follow_the_rules() -> None:
    drawn, size, power = Opened(page_of(simulation())).headline
    assert drawn == "1,000 samples of 50 events that never were, on random dates, drawn from these prices."
    assert size == (
        "Size: where nothing happened, 2 of 4 tests reject as often as their level of 5% says, within Monte-Carlo "
        "error (2.58 standard errors); too often: patell (12.0%, 95% interval 10.1% to 14.2%); too seldom: sign (1.0%, "
        "95% interval 0.5% to 1.8%). By luck alone about one test in a hundred falls outside."
    )
    # Patell finds more, but its level does not hold; rank is within the error of bmp.
    assert power == (
        "Power: +2.00% on day 0 is the least effect tried that a test finds in 80% of the samples at 5%: bmp in 91.0% "
        "(95% interval 89.1% to 92.6%); 1 other test is not told apart from it."
    )


def test_an_effect_that_is_found_by_luck_is_not_called_found() -> None:
    frame = simulation().to_frame()
    # 81% of 1000 samples may be 78.5%.
    frame.loc[(frame["effect"] == 0.02) & (frame["level"] == 0.05), "rate"] = [0.81, 0.99, 0.80, 0.40]
    *_, power = sentences(frame, DRAWS, 50, common_date=False)
    assert power.startswith(
        "Power: no effect tried is surely found in 80% of the samples at 5% by a test that does not "
    )
    assert "of +2.00% the most is bmp in 81.0% (95% interval 78.5% to 83.3%); 1 other test" in power


def test_what_was_not_simulated_is_said() -> None:
    frame = simulation().to_frame()
    without_null = frame[frame["effect"] != 0]
    told = sentences(without_null, DRAWS, 50, common_date=True)
    assert "all of a sample on one date" in told[0]
    assert told[1] == "No rate without an effect was simulated at 5%, so how often the tests err is not known."
    assert size_table(without_null, DRAWS).rows == ()
    only_null = frame[frame["effect"] == 0]
    assert power_table(only_null, 0.05).rows == ()
    page = simulation_page(only_null, DRAWS, 50)
    assert "What would they find?" not in page
    assert Opened(page).pictures == []


def test_a_level_near_five_percent_speaks_where_five_was_not_simulated() -> None:
    frame = simulation().to_frame()
    assert chosen_level(frame) == 0.05
    assert chosen_level(frame[frame["level"] == 0.01]) == 0.01


def test_samples_without_a_p_value_are_told() -> None:
    made = simulation(missing=30)
    opened = Opened(page_of(made))
    assert opened.headline[-1] == (
        "Samples without a p-value are left out of the rates: bmp (up to 30), patell (up to 30), rank (up to 30) and "
        "sign (up to 30)."
    )
    assert opened.cell(SIZE, "bmp", "Without") == "30"
    assert opened.cell(SIZE, "bmp", "p-values") == "970"
    none = pd.DataFrame(made.to_frame()).assign(samples=0, missing=DRAWS, rate=np.nan, std_error=np.nan)
    assert {row[3] for row in Opened(simulation_page(none, DRAWS, 50)).tables[SIZE][1:]} == {"no p-value"}


def test_tests_of_single_events_are_told_from_the_others() -> None:
    frame = simulation().to_frame()
    frame["samples"] = frame["samples"].where(frame["test"] != "sign", DRAWS * 50)
    notes = size_table(frame, DRAWS).notes
    assert notes[1] == "sign counts each event of a sample as though they were independent; the true error is larger."
    assert len(size_table(simulation(missing=3).to_frame(), DRAWS).notes) == 1


@pytest.fixture
def few_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a page have few pictures, so that there are soon too many."""
    monkeypatch.setattr("eventstudy.reports.simulation_page.MOST_PICTURES", MOST_PICTURES)


@pytest.mark.usefixtures("undrawn", "few_pictures")
def test_each_model_and_window_has_its_curves_up_to_a_number() -> None:
    rows = tuple(row for place in range(MOST_PICTURES) for row in simulation(f"model{place}").rows)
    made = Simulation(DRAWS, 50, common_date=False, rows=rows)
    page = page_of(made)
    opened = Opened(page)
    assert len(opened.pictures) == MOST_PICTURES
    assert opened.pictures[1] == (
        "Share of the samples that each test rejects at 5%, by the abnormal return on day 0, under model1 over day0. "
        "Figures in the tables."
    )
    assert "Not drawn" not in page
    assert "bmp under model0 in 91.0%" in opened.headline[2]


@pytest.mark.usefixtures("undrawn", "few_pictures")
def test_of_too_many_curves_some_of_every_model_are_drawn_and_the_others_named() -> None:
    names = [(f"model{model}", f"window{window}") for model in range(2) for window in range(3)]
    names.append(("last", "window0"))
    rows = tuple(row for pair in names for row in simulation(*pair).rows)
    page = page_of(Simulation(DRAWS, 50, common_date=False, rows=rows))
    drawn = [picture.partition(", under ")[2].partition(".")[0] for picture in Opened(page).pictures]
    left = {("model0", "window2"), ("model1", "window1"), ("model1", "window2")}
    assert drawn == [f"{model} over {window}" for model, window in names if (model, window) not in left]
    said = "; ".join(f"{model} over {window}" for model, window in sorted(left))
    assert f"Not drawn, but in the table: {said}." in page


def test_the_contents_lead_to_the_sections_there_are() -> None:
    page = page_of(simulation())
    assert page.count('<nav aria-label="Contents">') == 1
    assert [link for link in Opened(page).links if link.startswith("#")][:3] == ["#size", "#power", "#method"]
    assert all(f'<section id="{name}">' in page for name in ("size", "power", "method"))


def test_data_stays_text() -> None:
    opened = Opened(page_of(simulation(model=HOSTILE, window=HOSTILE), title=HOSTILE))
    assert "b" not in opened.tags
    assert "script" not in opened.tags
    assert opened.handlers == []
    assert opened.tables[SIZE][1][1:3] == [HOSTILE, HOSTILE]


def test_the_page_asks_nobody_and_is_the_same_each_time(tmp_path: Path) -> None:
    one = simulation().to_html(tmp_path / "one.html", title="Alibaba").read_bytes()
    two = simulation().to_html(tmp_path / "two" / "two.html", title="Alibaba").read_bytes()
    assert one == two
    assert all(link.startswith(("#", "data:")) for link in Opened(one.decode()).links)
    assert b"<title>Alibaba: size and power</title>" in one
