"""Where random draws begin: a seed of one's own for each model, group, window and test, whatever ran before it."""

from __future__ import annotations

import hashlib

import numpy as np

__all__ = ["child_seed", "generator"]


def child_seed(seed: int, *names: str) -> int:
    """Return a seed made of a seed and names, the same on every machine and in every order.

    Parameters
    ----------
    seed : int
        The study's.
    *names : str
        What the draws are for, such as a model, a group and a window.

    Returns
    -------
    int
        Below 2**64: the first bytes of a SHA-256, so that no two names share a stream.

    Examples
    --------
    >>> child_seed(7, "market", "all") == child_seed(7, "market", "all")
    True
    >>> child_seed(7, "market", "all") == child_seed(7, "marketall")
    False
    """
    told = "\0".join([str(int(seed)), *names]).encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:8], "big")


def generator(seed: int, *names: str) -> np.random.Generator:
    """Return the generator of a child seed.

    Parameters
    ----------
    seed : int
        The study's, or a child's.
    *names : str
        What the draws are for.
    """
    return np.random.default_rng(np.random.SeedSequence(child_seed(seed, *names)))
