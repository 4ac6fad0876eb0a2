"""Libraries that not every installation has: loaded when needed, or an error with the command that installs them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from eventstudy.errors import InputError

__all__ = ["need"]


def need(module: str, extra: str, purpose: str) -> Any:
    """Return a module of an extra.

    Parameters
    ----------
    module : str
        What to import.
    extra : str
        Extra of this package that brings it.
    purpose : str
        What it is for, as a sentence begins: ``"Parquet files"``.

    Raises
    ------
    InputError
        Where it is not installed; the message has the command that installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise InputError(
            f"{purpose} need the library {error.name or module}, which is not installed. "
            f"Install it with: pip install 'eventstudy-backtester[{extra}]'"
        ) from None
