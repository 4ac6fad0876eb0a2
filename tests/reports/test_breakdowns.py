"""What breaks the mean down: groups, events, and which of many events are shown."""

import numpy as np
import pandas as pd
import pytest

from eventstudy.errors import InputError
from eventstudy.reports import Results, breakdowns, figures, gallery, html, sections
from tests.reports.opened import Opened


def with_groups(results: Results) -> Results:
    """Return the study with the statistics of all events told again of two groups, at twice and half the size."""
    frames = dict(results.tables)
    for name, columns in (("aar", ["aar", "caar"]), ("tests", ["estimate"])):
        frame = frames[name]
        parts = [frame]
        for group, factor in (("sign=beat", 2.0), ("sign=miss", 0.5)):
            part = frame.assign(group=group)
            part[columns] *= factor
            parts.append(part)
        frames[name] = pd.concat(parts, ignore_index=True)
    return Results(results.summary, frames)


def test_groups_have_rows_of_their_own(results: Results) -> None:
    shown = breakdowns.group_means(with_groups(results).tables)
    assert [column.title for column in shown.columns[:5]] == ["Group", "Model", "Window", "Sessions", "CAAR"]
    assert [row[0] for row in shown.rows] == ["sign=beat"] * 9 + ["sign=miss"] * 9
    whole = results.tables["tests"].query("test == 'cross_sectional'")["estimate"].tolist()
    assert [row[4] for row in shown.rows] == [f"{100 * factor * value:+.2f}%" for factor in (2, 0.5) for value in whole]


@pytest.mark.usefixtures("undrawn")
def test_a_group_is_called_as_the_data_call_it(results: Results) -> None:
    frames, label = dict(with_groups(results).tables), "sign=<i>g_1</i> & 50%_"
    for name in ("aar", "tests"):
        frames[name] = frames[name].replace({"group": {"sign=beat": label}})
    made = breakdowns.group_means(frames)
    assert made.rows[0][0] == label
    assert Opened(html.fragment(made)).tables[made.title][1][0] == label
    assert "sign=&lt;i&gt;g_1&lt;/i&gt; &amp; 50%_" in html.page(Results(results.summary, frames))


@pytest.mark.usefixtures("undrawn")
def test_groups_are_on_the_page_only_where_there_are_several(results: Results, page: str) -> None:
    assert "By group" not in page
    grouped = html.page(with_groups(results))
    assert "By group" in grouped
    about = "Cumulative mean abnormal return by group, with 95% bands where a column has four groups at most"
    assert f"{about}: sign=beat, sign=miss." in grouped


def test_lines_of_groups_are_their_caars(results: Results) -> None:
    grouped = with_groups(results).tables["aar"]
    (axes,) = figures.group_caar(grouped, "market").axes
    lines = {line.get_label(): line.get_ydata() for line in axes.lines if not str(line.get_label()).startswith("_")}
    assert list(lines) == ["beat, N = 4", "miss, N = 4"]
    path = results.tables["aar"].query("model == 'market'")["caar"].to_numpy()
    np.testing.assert_array_equal(lines["beat, N = 4"], 2 * path)
    with pytest.raises(InputError, match="no groups"):
        figures.group_caar(results.tables["aar"])


def test_the_largest_are_those_of_the_shortest_window_that_holds_day_0(results: Results) -> None:
    cars = results.tables["cars"]
    assert breakdowns.headline_window(cars) == "reaction"
    assert breakdowns.headline_window(cars[cars["window"] == "drift"]) is None
    chosen = cars.query("model == 'market' and window == 'reaction'").set_index("event_id")["car"].abs()
    expected = chosen.sort_values(ascending=False).index[:2].tolist()
    assert breakdowns.largest(cars, ["BABA-2024Q1", *chosen.index], 2) == expected
    assert breakdowns.largest(cars, ["BABA-2024Q1", *chosen.index], 5) == ["BABA-2024Q1", *chosen.index]


def test_each_event_has_a_row_and_a_cap_says_so(results: Results) -> None:
    frames = results.tables
    shown = breakdowns.event_returns(frames, ["BABA-2025Q2", "BABA-2024Q1", "BABA-2024Q4"])
    assert [column.title for column in shown.columns] == [
        *("Event", "Symbol", "Day 0", "Surprise"),
        *("reaction [0, +1]", "drift [+2, +10]", "event [-10, +10]"),
    ]
    cars = frames["cars"].query("model == 'market' and event_id == 'BABA-2024Q4'")["car"]
    assert shown.rows[1] == ("BABA-2024Q4", "BABA", "2025-02-20", "+20.57%", *(f"{100 * car:+.2f}%" for car in cars))
    assert [row[0] for row in shown.rows] == ["BABA-2025Q2", "BABA-2024Q4"]
    assert shown.total == 4
    assert shown.notes == ("2 of 4 events, the largest in size over reaction; all of them are in cars.csv.",)


def test_names_that_look_alike_have_anchors_of_their_own() -> None:
    assert sections.anchors(["a b", "a-b", "\u4e2d", "a b"]) == ["event-a-b", "event-a-b-2", "event--", "event-a-b-3"]


def test_pictures_have_words_and_what_can_not_be_drawn_is_left_out(results: Results) -> None:
    shown = gallery.pictures(results.tables)
    # Only two of the events have a surprise, and one of them no CAR.
    assert len(shown) == 6
    assert all(picture.startswith('<svg role="img" aria-label="') for picture in shown)
    assert "; day 0: +" in shown[0]
    empty = {name: frame.head(0) for name, frame in results.tables.items()}
    assert gallery.pictures(empty) == []
    assert gallery.caar_picture(empty) == gallery.group_picture(empty) == ""


@pytest.mark.usefixtures("undrawn")
def test_pictures_of_one_event_say_so(results: Results) -> None:
    aar = results.tables["aar"].assign(n=1, std_error=np.nan)
    first = aar.query("model == 'market' and day == 0")["aar"].iloc[0]
    shown = gallery.pictures({**results.tables, "aar": aar})[0]
    assert (
        f"Bars of the abnormal return of the one event of each event day under market; day 0: {100 * first:+.2f}%."
        in shown
    )


@pytest.mark.usefixtures("undrawn")
def test_a_model_without_a_car_has_no_picture_of_their_spread(results: Results) -> None:
    cars = results.tables["cars"]
    none = cars.assign(car=cars["car"].mask(cars["model"] == "market"))
    whole, left = (gallery.pictures({**results.tables, "cars": each}) for each in (cars, none))
    assert any("Spread over the events of the abnormal returns over" in each for each in whole)
    assert not any("Spread over the events of the abnormal returns over" in each for each in left)
    assert len(left) < len(whole)
