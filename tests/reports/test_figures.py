import io
import re
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

from eventstudy.errors import InputError
from eventstudy.reports import Results, figures, style

FOCUS = "BABA-2024Q4"
EVENTS = ["BABA-2024Q1", "BABA-2024Q2", "BABA-2024Q3", "BABA-2024Q4", "BABA-2025Q1", "BABA-2025Q2"]


def spare_labels(figure: Figure) -> set[Text]:
    """Return the labels of ticks beyond the limits, which an axis keeps but never draws."""
    axes_of = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    return {
        label
        for axis in axes_of
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
        if not min(axis.get_view_interval()) <= tick.get_loc() <= max(axis.get_view_interval())
    }


def overlaps(figure: Figure) -> list[tuple[str, str]]:
    """Return the pairs of texts whose boxes touch, and the texts that leave the figure."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    spare = spare_labels(figure)
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text() and text not in spare]
    boxes = [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in texts]
    inside = [(text, box) for text, box in boxes if box.width and figure.bbox.overlaps(box)]
    pairs = [(a, b) for (a, one), (b, other) in combinations(inside, 2) if one.overlaps(other)]
    frame = figure.bbox
    outside = [
        (text, "edge")
        for text, box in inside
        if box.x0 < frame.x0 - 1 or box.x1 > frame.x1 + 1 or box.y0 < frame.y0 - 1 or box.y1 > frame.y1 + 1
    ]
    return pairs + outside


def test_caar_has_a_panel_and_a_band_for_each_model(results: Results) -> None:
    aar = results.tables["aar"]
    figure = figures.caar(aar)
    panels = figure.axes
    assert [axes.get_title(loc="left") for axes in panels] == [
        "market: CAAR and 95% band, N = 4",
        "market:KWEB: CAAR and 95% band, N = 4",
        "market_adjusted: CAAR and 95% band, N = 4",
    ]
    path = aar[aar["model"] == "market:KWEB"]
    line = panels[1].lines[-1]
    np.testing.assert_array_equal(line.get_xdata(), path["day"])
    np.testing.assert_array_equal(line.get_ydata(), path["caar"])
    band = panels[1].collections[0].get_paths()[0].vertices[:, 1]
    assert band.min() == path["ci_low"].min()
    assert band.max() == path["ci_high"].max()
    assert len({to_hex(axes.lines[-1].get_color()) for axes in panels}) == 3


def test_caar_says_when_n_varies(results: Results) -> None:
    aar = results.tables["aar"].copy()
    aar.loc[aar["day"] == 10, "n"] = 3
    title = figures.caar(aar).axes[0].get_title(loc="left")
    assert title == "market: CAAR and 95% band, N = 3 to 4"


def test_caar_of_one_event_has_no_band_in_words_either(results: Results) -> None:
    aar = results.tables["aar"].assign(n=1, ci_low=np.nan, ci_high=np.nan)
    assert figures.caar(aar).axes[0].get_title(loc="left") == "market: CAR of the one event, no band, N = 1"


def test_the_caar_has_three_ticks_and_more_whatever_its_range(results: Results) -> None:
    aar = results.tables["aar"]
    for factor in (0.01, 0.1, 0.5, 1.0, 1.7, 2.3, 4.0):
        columns = ["caar", "ci_low", "ci_high"]
        axes = figures.caar(aar.assign(**{each: factor * aar[each] for each in columns})).axes[0]
        low, high = axes.get_ylim()
        assert sum(low <= tick <= high for tick in axes.get_yticks()) >= 3


@pytest.mark.parametrize(("groups", "told"), [(4, " and 95% bands"), (5, ", no bands beyond 4 groups")])
def test_groups_have_bands_while_they_are_few(results: Results, groups: int, told: str) -> None:
    aar = results.tables["aar"].query("model == 'market'")
    rows = pd.concat([aar.assign(group=f"size={place}") for place in range(groups)])
    axes = figures.group_caar(rows).axes[0]
    assert axes.get_title(loc="left") == f"market: CAAR{told} by size, N = {4 * groups}"
    assert len(axes.collections) == (groups if groups <= 4 else 0)


def test_groups_of_one_event_each_have_no_bands(results: Results) -> None:
    aar = results.tables["aar"].query("model == 'market'").assign(n=1, ci_low=np.nan, ci_high=np.nan)
    axes = figures.group_caar(pd.concat([aar.assign(group="size=big"), aar.assign(group="size=small")])).axes[0]
    assert axes.get_title(loc="left") == "market: CAAR, no bands by size, N = 2"
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["big, N = 1", "small, N = 1"]
    assert np.asarray(axes.lines[-1].get_ydata()).tolist() == aar["caar"].tolist()


def test_caar_of_nothing_is_refused(results: Results) -> None:
    with pytest.raises(InputError, match="no event was kept"):
        figures.caar(results.tables["aar"].head(0))


def test_ladder_shows_each_rung_and_marks_the_quoted_one(results: Results) -> None:
    axes = figures.ladder(results.tables["reactions"], FOCUS).axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[:3] == ["Premarket, quoted", "Open", "High"]
    assert names[-1] == "Close D+5"
    bars = list(axes.patches)
    np.testing.assert_allclose([bar.get_width() for bar in bars[:2]], [0.11, 137.81 / 125.79 - 1], rtol=1e-12)
    assert [bool(bar.get_hatch()) for bar in bars] == [True] + [False] * 9
    assert [text.get_text() for text in axes.texts][:2] == ["+11.00%", "+9.56%"]


def test_a_missing_rung_says_why(results: Results) -> None:
    axes = figures.ladder(results.tables["reactions"], "BABA-2025Q2").axes[0]
    assert [text.get_text() for text in axes.texts][-2:] == ["– not yet", "– not yet"]
    assert len(axes.patches) == len(axes.get_yticks()) - 2


@pytest.mark.parametrize("event_id", EVENTS)
@pytest.mark.parametrize("sign", [1, -1])
def test_texts_of_a_ladder_never_overlap(results: Results, event_id: str, sign: int) -> None:
    reactions = results.tables["reactions"].copy()
    reactions["raw"] *= sign
    assert overlaps(figures.ladder(reactions, event_id)) == []


def test_texts_of_a_ladder_of_extremes_do_not_overlap(results: Results) -> None:
    reactions = results.tables["reactions"].copy()
    for factor in (20.0, 0.0):
        assert overlaps(figures.ladder(reactions.assign(raw=reactions["raw"] * factor), FOCUS)) == []
    long = reactions.assign(event_id="A-VERY-LONG-EVENT-ID-" * 5)
    assert overlaps(figures.ladder(long, long["event_id"].iloc[0])) == []


def test_texts_of_the_caar_do_not_overlap(results: Results) -> None:
    assert overlaps(figures.caar(results.tables["aar"])) == []


def test_dollar_signs_are_letters(results: Results) -> None:
    aar = results.tables["aar"].assign(model="$x^$")
    assert "$x^$" in style.to_svg(figures.caar(aar))


def settings() -> dict[str, object]:
    # Reading "backend" makes matplotlib choose one, so it is left alone.
    return {name: mpl.rcParams[name] for name in mpl.rcParams if name != "backend"}


def test_svg_is_the_same_each_time_and_settings_are_left_alone(results: Results) -> None:
    before = settings()
    one, two = (style.to_svg(figures.caar(results.tables["aar"])) for _ in range(2))
    assert one == two
    assert "<dc:date>" not in one
    assert settings() == before


def test_a_figure_is_drawn_once_as_savefig_has_it_and_left_as_it_was(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure, other = (figures.caar(results.tables["aar"]) for _ in range(2))
    axes, drawn = figure.axes[0], []
    before = (figure.get_layout_engine(), figure.canvas, figure.dpi)
    monkeypatch.setattr(axes, "draw", lambda renderer: drawn.append(renderer) or type(axes).draw(axes, renderer))
    svg = style.to_svg(figure)
    assert len(drawn) == 1
    assert (figure.get_layout_engine(), figure.canvas, figure.dpi) == before
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "eventstudy", "svg.fonttype": "none"}):
        other.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    # Clips have names of their own.
    plain = [re.sub(r"\bp[0-9a-f]{10}\b", "clip", text).splitlines() for text in (svg, buffer.getvalue())]
    assert plain[0] == [line.rstrip() for line in plain[1]]


def test_the_last_digit_of_a_place_changes_no_byte() -> None:
    drawn = []
    for height in (0.261625776190271, 0.2616257761902711):
        figure = Figure()
        for low in (0.1, 0.5):
            figure.add_axes((0.1, low, 0.8, height)).plot([0, 1], [0, 1])
        drawn.append(style.to_svg(figure))
    assert drawn[0] == drawn[1]
    names = re.findall(r'<clipPath id="(p[0-9a-f]{10})">', drawn[0])
    assert len({*names}) == 2
    assert {*re.findall(r"url\(#(.*?)\)", drawn[0])} == {*names}


def test_letters_are_measured_in_the_fonts_of_the_moment(results: Results) -> None:
    figure = figures.ladder(results.tables["reactions"], FOCUS)
    first = style.to_svg(figure)
    with mpl.rc_context({"font.sans-serif": ["DejaVu Sans Mono"]}):
        wide = style.to_svg(figure)
        style._ruler.cache_clear()
        assert style.to_svg(figure) == wide
    assert style.to_svg(figure) == first


def test_a_figure_stays_laid_out_whatever_the_settings_are(results: Results) -> None:
    wanted = style.to_svg(figures.caar(results.tables["aar"]))
    with mpl.rc_context({"figure.autolayout": True}):
        assert style.to_svg(figures.caar(results.tables["aar"])) == wanted


def test_inline_svgs_share_no_id(results: Results) -> None:
    import re

    pictures = [
        style.inline_svg(figures.ladder(results.tables["reactions"], event_id), name, 'a "quoted" <b>')
        for event_id, name in ((FOCUS, "one"), ("BABA-2025Q1", "two"))
    ]
    ids = [set(re.findall(r'\bid="([^"]+)"', picture)) for picture in pictures]
    assert not ids[0] & ids[1]
    for picture, own in zip(pictures, ids, strict=True):
        assert set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', picture)) <= {
            pair for each in own for pair in ((each, ""), ("", each))
        }
        assert 'aria-label="a &quot;quoted&quot; &lt;b&gt;"' in picture
        assert "var(--series-1, #0072b2)" in picture or "var(--series-2, #c75000)" in picture
