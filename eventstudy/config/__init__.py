"""Configured studies: a YAML or TOML file to a study with its sources. The only room that knows pydantic."""

from eventstudy.config.checking import Check, check
from eventstudy.config.configured import Configured, fetch, load_inputs
from eventstudy.config.listing import EventList, list_events
from eventstudy.config.reading import load, run, schema

__all__ = ["Check", "Configured", "EventList", "check", "fetch", "list_events", "load", "load_inputs", "run", "schema"]
