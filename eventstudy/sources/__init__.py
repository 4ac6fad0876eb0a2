"""Where data comes from; one file a provider, one method a kind of data."""

from eventstudy.registry import Registry
from eventstudy.sources._http import Client, current_client, offline, using
from eventstudy.sources.base import BarSource, EventSource, FactorSource, PriceSource
from eventstudy.sources.cache import ReplyCache
from eventstudy.sources.crsp import CrspPrices
from eventstudy.sources.delistings import CsvDelistings, with_delistings
from eventstudy.sources.edgar import EdgarEvents
from eventstudy.sources.eventstudytools import EventStudyToolsEvents, EventStudyToolsPrices
from eventstudy.sources.factors import CsvFactors
from eventstudy.sources.files import CsvBars, CsvEvents, CsvPrices
from eventstudy.sources.frame import FrameBars, FrameEvents, FramePrices
from eventstudy.sources.french import FrenchFactors
from eventstudy.sources.merge import MergedEvents, merge_events
from eventstudy.sources.parquet import ParquetBars, ParquetEvents, ParquetPrices
from eventstudy.sources.sample import SampleEvents, SamplePrices
from eventstudy.sources.sql import SqlBars, SqlEvents, SqlPrices
from eventstudy.sources.yahoo import YahooEvents, YahooPrices
from eventstudy.sources.yahoo_bars import YahooBars

__all__ = [
    "BAR_SOURCES",
    "EVENT_SOURCES",
    "FACTOR_SOURCES",
    "PRICE_SOURCES",
    "BarSource",
    "Client",
    "CrspPrices",
    "CsvBars",
    "CsvDelistings",
    "CsvEvents",
    "CsvFactors",
    "CsvPrices",
    "EdgarEvents",
    "EventSource",
    "EventStudyToolsEvents",
    "EventStudyToolsPrices",
    "FactorSource",
    "FrameBars",
    "FrameEvents",
    "FramePrices",
    "FrenchFactors",
    "MergedEvents",
    "ParquetBars",
    "ParquetEvents",
    "ParquetPrices",
    "PriceSource",
    "ReplyCache",
    "SampleEvents",
    "SamplePrices",
    "SqlBars",
    "SqlEvents",
    "SqlPrices",
    "YahooBars",
    "YahooEvents",
    "YahooPrices",
    "current_client",
    "merge_events",
    "offline",
    "using",
    "with_delistings",
]

PRICE_SOURCES = Registry[type[PriceSource]]("price source", "eventstudy.price_sources")
for price_source in (
    SamplePrices,
    CsvPrices,
    ParquetPrices,
    SqlPrices,
    CrspPrices,
    EventStudyToolsPrices,
    FramePrices,
    YahooPrices,
):
    PRICE_SOURCES.register(price_source.name, price_source)

EVENT_SOURCES = Registry[type[EventSource]]("event source", "eventstudy.event_sources")
for event_source in (
    SampleEvents,
    CsvEvents,
    ParquetEvents,
    SqlEvents,
    EventStudyToolsEvents,
    FrameEvents,
    YahooEvents,
    EdgarEvents,
):
    EVENT_SOURCES.register(event_source.name, event_source)

BAR_SOURCES = Registry[type[BarSource]]("bar source", "eventstudy.bar_sources")
for bar_source in (CsvBars, ParquetBars, SqlBars, FrameBars, YahooBars):
    BAR_SOURCES.register(bar_source.name, bar_source)

FACTOR_SOURCES = Registry[type[FactorSource]]("factor source", "eventstudy.factor_sources")
for factor_source in (FrenchFactors, CsvFactors):
    FACTOR_SOURCES.register(factor_source.name, factor_source)
