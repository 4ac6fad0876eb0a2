"""A figure that shows itself in a notebook; import this only where a figure is drawn, it loads matplotlib."""

from __future__ import annotations

from matplotlib.figure import Figure

from eventstudy.reports.style import to_svg

__all__ = ["Canvas"]


class Canvas(Figure):
    """A matplotlib figure that needs neither pyplot nor a backend to appear in a cell."""

    def _repr_svg_(self) -> str:
        # Ink on white, whatever the page's own colour is.
        self.set_facecolor("white")
        return to_svg(self, transparent=False)
