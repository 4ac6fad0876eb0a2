"""Where data comes from; one file a provider, one method a kind of data."""

from eventstudy.registry import Registry
from eventstudy.sources.base import EventSource, PriceSource
from eventstudy.sources.files import CsvEvents, CsvPrices
from eventstudy.sources.sample import SampleEvents, SamplePrices

__all__ = [
    "EVENT_SOURCES",
    "PRICE_SOURCES",
    "CsvEvents",
    "CsvPrices",
    "EventSource",
    "PriceSource",
    "SampleEvents",
    "SamplePrices",
]

PRICE_SOURCES = Registry[type[PriceSource]]("price source", "eventstudy.price_sources")
for price_source in (SamplePrices, CsvPrices):
    PRICE_SOURCES.register(price_source.name, price_source)

EVENT_SOURCES = Registry[type[EventSource]]("event source", "eventstudy.event_sources")
for event_source in (SampleEvents, CsvEvents):
    EVENT_SOURCES.register(event_source.name, event_source)
