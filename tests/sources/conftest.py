"""Fixtures of the tests of sources: databases; those for the network are in its own folder."""

from tests.sources.databases import duck, postgres, postgres_url, store

__all__ = ["duck", "postgres", "postgres_url", "store"]
