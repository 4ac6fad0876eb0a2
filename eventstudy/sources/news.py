"""Where other news comes from: a CSV file, or the sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

from eventstudy.datasets import load_alibaba
from eventstudy.events import News
from eventstudy.frames import Origin, rename_columns
from eventstudy.registry import Registry
from eventstudy.sources import _csv

__all__ = ["NEWS_SOURCES", "CsvNews", "NewsSource", "SampleNews"]


class NewsSource(Protocol):
    """Where news comes from; `name` is what a config calls it."""

    name: ClassVar[str]

    def news(self) -> News:
        """Return all news that there is, raising `DataError` where what was read breaks a rule."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvNews:
    """Other news from one CSV file.

    Parameters
    ----------
    path : Path
        The file, with ``date``, ``symbol`` and optionally ``what``.
    columns : mapping
        From our name of a column to the file's.
    date_format : str, optional
        ``strptime`` format of ``date``; ISO without it.
    """

    name: ClassVar[str] = "csv"
    path: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    date_format: str | None = None

    def news(self) -> News:
        """Return the news of the file."""
        frame, lines = _csv.parse(_csv.fetch(self.path), str(self.path))
        origin = Origin(str(self.path), lines=lines)
        return News.from_frame(rename_columns(frame, self.columns, origin), date_format=self.date_format, origin=origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleNews:
    """The four other news items of the sample.

    Examples
    --------
    >>> len(SampleNews().news())
    4
    """

    name: ClassVar[str] = "sample"

    def news(self) -> News:
        """Return the news of the sample."""
        return News.from_frame(load_alibaba().news)


NEWS_SOURCES = Registry[type[NewsSource]]("news source", "eventstudy.news_sources")
for _source in (SampleNews, CsvNews):
    NEWS_SOURCES.register(_source.name, _source)
