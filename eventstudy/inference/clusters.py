"""What events a test takes together: those of one date, those whose windows overlap, or none."""

from __future__ import annotations

import numpy as np

from eventstudy._typing import Dates, Ints, Labels
from eventstudy.errors import Reason, UnknownNameError
from eventstudy.inference.base import Sample

__all__ = ["CLUSTERS", "blocks", "cluster_codes", "sample_clusters", "single_cluster"]

CLUSTERS = ("date", "block", "none")


def blocks(first: Dates, last: Dates) -> Ints:
    """Return the block of each window: windows that overlap, directly or through others, are in one.

    Parameters
    ----------
    first, last : ndarray of shape (N,)
        First and last date of each window, both in it; no missing values. Session indices of one calendar do as well.

    Returns
    -------
    ndarray of shape (N,)
        Codes 0 to G - 1 in the order of time: the connected components of the graph whose edges are the pairs with
        ``first_i <= last_j and first_j <= last_i``.

    Notes
    -----
    Windows of different blocks share no day, so under independent days their CARs are independent (METHODS 4.9).

    Examples
    --------
    >>> blocks(np.array([0, 10, 2, 3]), np.array([2, 12, 4, 5])).tolist()
    [0, 1, 0, 0]
    """
    if not len(first):
        return np.empty(0, dtype=np.int64)
    low = first.min()
    begin, end = (first - low).astype(np.int64), (last - low).astype(np.int64)
    # By day, of which there are far fewer than windows: where any begins, and how far those reach.
    reach = np.full(begin.max() + 1, -1, dtype=np.int64)
    np.maximum.at(reach, begin, end)
    begins = reach >= 0
    begins[1:] &= np.arange(1, len(reach)) > np.maximum.accumulate(reach)[:-1]
    return np.asarray((np.cumsum(begins) - 1)[begin])


def cluster_codes(cluster: str, event_id: Labels, day0: Dates, span: Dates) -> Ints:
    """Return the cluster of each event.

    Parameters
    ----------
    cluster : str
        ``"date"``: events of one day 0 are taken together; ``"block"``: those of one block of overlapping windows;
        ``"none"``: each stands for itself.
    event_id, day0 : ndarray of shape (N,)
        Names, and dates of day 0.
    span : ndarray of shape (N, 2)
        Dates of the first and the last session of each window.

    Returns
    -------
    ndarray of shape (N,)
        Codes 0 to G - 1; the same for an event in whatever order they come.

    Raises
    ------
    UnknownNameError
        For another word.
    """
    match cluster:
        case "date":
            return np.unique(day0, return_inverse=True)[1]
        case "block":
            return blocks(span[:, 0], span[:, 1])
        case "none":
            return np.argsort(np.argsort(event_id.astype(str), kind="stable"), kind="stable")
    raise UnknownNameError("way to cluster", cluster, CLUSTERS)


def sample_clusters(sample: Sample, cluster: str) -> Ints:
    """Return the cluster of each event of a sample, shape (N,); see `cluster_codes`.

    Where nobody told the dates of the windows they are counted from day 0 in weekdays; where nobody told day 0 every
    event stands for itself.
    """
    if len(sample.day0) != len(sample) and cluster in CLUSTERS:
        cluster = "none"
    edges = np.array([sample.window.start, sample.window.end])
    span = np.busday_offset(sample.day0[:, None], edges, roll="forward") if sample.span is None else sample.span
    return cluster_codes(cluster, sample.event_id, sample.day0, span)


def single_cluster(sample: Sample, cluster: str) -> Reason:
    """Return why a sample that is one cluster can't be tested."""
    if len(sample) < 2:
        return Reason.NEEDS_TWO_EVENTS
    return Reason.NEEDS_TWO_BLOCKS if cluster == "block" else Reason.NEEDS_TWO_DATES
