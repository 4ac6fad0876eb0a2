"""One look for all figures: colours, sizes, and SVG that gives the same bytes each time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_svg import RendererSVG
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

__all__ = ["INK", "MUTED", "PALETTE", "RULE", "bare", "inline_svg", "signed_colours", "to_svg"]

INK = "#1c2126"
MUTED = "#5c6670"
RULE = "#cfd5da"
# Okabe and Ito (2008), told apart by people with any common colour blindness; darkened where thin lines need it.
PALETTE = ("#0072b2", "#c75000", "#00805c", "#a8558a", "#8a6d00", "#3c8fbf")
FONT_SIZE = 10.0
SVG_DPI = 72
CLIP = re.compile(r'<clipPath id="(p[0-9a-f]{10})">(.*?)</clipPath>', re.DOTALL)

# A page may draw these in colours of its own, so that one picture serves light and dark.
VARIABLES = {INK: "--ink", MUTED: "--muted", RULE: "--rule"} | {
    colour: f"--series-{place}" for place, colour in enumerate(PALETTE, start=1)
}


def bare(axes: Axes) -> None:
    """Take the box off a panel and set its ticks in the style of the package."""
    axes.set_facecolor("none")
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, labelsize=FONT_SIZE, labelcolor=MUTED, pad=4)
    axes.set_axisbelow(True)


def signed_colours() -> Colormap:
    """Return colours for values around zero: losses orange, gains blue, as bars have them; zero lets the page through.

    What is drawn is opacity, so that one picture serves light and dark, and zero is never the brightest of a dark page.
    A value that is missing is grey, which neither end passes through.
    """
    from matplotlib.colors import LinearSegmentedColormap, to_rgba

    gain, loss = PALETTE[0], PALETTE[1]
    ends = [(0.0, to_rgba(loss)), (0.5, to_rgba(loss, 0)), (0.5, to_rgba(gain, 0)), (1.0, to_rgba(gain))]
    # An odd number of colours has one for zero.
    colours = LinearSegmentedColormap.from_list("signed", ends, N=255)
    return colours.with_extremes(bad=to_rgba(MUTED, 0.45))


def to_svg(figure: Figure, *, transparent: bool = True) -> str:
    """Return a figure as SVG text; the same figure gives the same bytes, and text stays text.

    Parameters
    ----------
    figure : Figure
        Any matplotlib figure.
    transparent : bool
        Whether the page shows through, instead of the figure's own ground.
    """
    import matplotlib as mpl

    buffer = io.StringIO()
    settings = mpl.rc_context(
        {
            "svg.hashsalt": "eventstudy",
            "svg.fonttype": "none",
            # What has been laid out is not laid out again.
            "figure.autolayout": False,
            "figure.constrained_layout.use": False,
        }
    )
    with settings, _laid_out(figure):
        figure.savefig(buffer, format="svg", transparent=transparent, metadata={"Date": None, "Creator": None})
    return _steady("\n".join(line.rstrip() for line in buffer.getvalue().splitlines()) + "\n")


def _steady(svg: str) -> str:
    """Return the SVG with each clip named by what is written of it.

    matplotlib names them by all digits of their place, the last of which differs from one layout to the next.
    """
    for name, written in CLIP.findall(svg):
        svg = svg.replace(name, f"p{sha256(written.encode()).hexdigest()[:10]}")
    return svg


@contextmanager
def _laid_out(figure: Figure) -> Iterator[None]:
    """Place the panels of a figure; left to `savefig`, all that is in them would be drawn twice."""
    from matplotlib import rcParams
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    engine, canvas, dpi = figure.get_layout_engine(), figure.canvas, figure.dpi
    if engine is None:
        yield
        return
    # Letters are as wide as they are in the file.
    measuring = FigureCanvasSVG(figure)
    # To ask for the value of every setting would choose a backend, and load pyplot.
    fonts = tuple(str(rcParams[name]) for name in rcParams if name.startswith(("font.", "mathtext.", "text.")))
    measuring.get_renderer = partial(_ruler, fonts)  # type: ignore[attr-defined]
    figure.dpi = SVG_DPI
    try:
        engine.execute(figure)
        figure.dpi = dpi
        figure.set_layout_engine(None)
        yield
    finally:
        figure.dpi = dpi
        figure.set_canvas(canvas)
        figure.set_layout_engine(engine)


@lru_cache(maxsize=1)
def _ruler(fonts: tuple[str, ...]) -> RendererSVG:  # noqa: ARG001
    """Return what measures texts while these settings of fonts hold: it remembers those that figures share."""
    from matplotlib.backends.backend_svg import RendererSVG

    return RendererSVG(1, 1, io.StringIO(), image_dpi=SVG_DPI)  # type: ignore[no-untyped-call]


def inline_svg(figure: Figure, name: str, description: str) -> str:
    """Return a figure as an ``<svg>`` element for a page, with colours that the page's own may replace.

    Parameters
    ----------
    figure : Figure
        Any matplotlib figure.
    name : str
        Plain word that makes the element's ids unlike those of the page's other figures.
    description : str
        What is to be seen, for those who can't see it; escaped here.
    """
    from html import escape

    svg = to_svg(figure)
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(f": {colour}", f": var({variable}, {colour})")
    label = escape(description, quote=True)
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
