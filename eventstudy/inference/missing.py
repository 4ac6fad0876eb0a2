"""Sums over events where some of them have no value: over those there are, or blown up to all of them."""

from __future__ import annotations

from eventstudy._typing import Ints
from eventstudy.inference.base import Sample
from eventstudy.returns.members import Members

__all__ = ["MISSING", "estimated", "inflation"]

MISSING = ("scaled", "inflated")
"""What a sum over events is where some have no value: that of the events there are, or their mean times N."""


def estimated(sample: Sample) -> Ints:
    """Return the N events of the sample's group that have an estimate, those without a CAR too, shape (N,)."""
    members = sample.accumulated[Members]
    assert isinstance(members, Members)
    return members.row


def inflation(sample: Sample) -> float:
    """Return ``N / N_t``, by which a sum over the N_t events that have a CAR becomes their mean times N."""
    return len(estimated(sample)) / len(sample)
