"""Conventions of other programs, as bundles of options (METHODS 12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from eventstudy.errors import UnknownNameError

__all__ = ["DEFAULT", "PRESETS", "Preset", "Unsaid", "preset", "take_options", "with_options"]

T = TypeVar("T")

DEFAULT = "default"
"""The convention of METHODS 10: the exact form of the literature."""

Options = Mapping[str, object]


class Unsaid(str):
    """A word that nobody said: the default of an option that a preset may set otherwise.

    It is equal to the plain word and shows as one, so only its type tells a default from the same word given.

    Examples
    --------
    >>> Unsaid("full"), Unsaid("full") == "full", isinstance("full", Unsaid)
    ('full', True, False)
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What a program does where the literature leaves a choice.

    Parameters
    ----------
    program : str
        The program and version.
    checked : bool
        Whether its own numbers were reproduced; else the options follow its documentation.
    study : mapping
        Options of the study.
    models, tests : mapping of str to mapping
        Options by the name of a model or test; those not named are at their defaults.
    apart : str
        What it does besides, that no option here repeats.
    """

    program: str
    checked: bool
    study: Options = field(default_factory=dict)
    models: Mapping[str, Options] = field(default_factory=dict)
    tests: Mapping[str, Options] = field(default_factory=dict)
    apart: str = ""


PATELL_SUM: Options = {"scar": "patell_sum"}
EVENT_TIME: Options = {"scar": "patell_sum", "rbar": "event_time"}
CLASSICAL: Options = {"variance": "classical"}
INFLATED: Options = {"missing": "inflated"}

PRESETS: Mapping[str, Preset] = {
    "estudy2": Preset(
        program="estudy2 0.10.0 (R)",
        checked=True,
        tests={
            "crude_dependence": INFLATED,
            "patell": {**PATELL_SUM, **INFLATED, "forecast_error": "all_days", "divisor": "count"},
            "bmp": {**PATELL_SUM, "forecast_error": "all_days", "divisor": "count"},
            "sign": {**INFLATED, "exact": "never"},
            "generalized_sign": {**INFLATED, "p_hat": "pooled"},
            "wilcoxon": INFLATED,
            "corrado_rank": {**CLASSICAL, **INFLATED, "divisor": "mean_length"},
            "corrado_zivney_sign": {**CLASSICAL, **INFLATED, "divisor": "mean_length"},
        },
        apart="Its rank_test is corrado_rank with scale: ranks, its modified_rank_test that with scale: uniform, its "
        "brown_warner_1980 crude_dependence with variance: no_dependence.",
    ),
    "sipemu": Preset(
        program="EventStudy 0.50.0 (R)",
        checked=True,
        tests={
            "t": {"forecast_error": "none"},
            "patell": {**PATELL_SUM, "forecast_error": "all_days"},
            "bmp": {**PATELL_SUM, "forecast_error": "none"},
            "kolari_pynnonen": {**EVENT_TIME, "forecast_error": "none"},
            "adjusted_patell": EVENT_TIME,
            "sign": {"exact": "never"},
            "generalized_sign": {"p_hat": "firms"},
        },
        apart="Its t of one day has the forecast error. Its rank test ranks all events of a symbol together and "
        "repeats the first day's value. Missing abnormal returns count as zero in its CAAR.",
    ),
    "xkdr": Preset(
        program="eventstudies 1.2.2 (R)",
        checked=True,
        apart="Abnormal returns of the market and market-adjusted models are the same; its inference is a bootstrap.",
    ),
    "stata_estudy": Preset(
        program="estudy (Stata)",
        checked=False,
        study={"forecast_error": "none"},
        tests={
            "t": {"reference": "normal"},
            "patell": PATELL_SUM,
            "adjusted_patell": EVENT_TIME,
            "bmp": {**PATELL_SUM, "reference": "normal"},
            "kolari_pynnonen": {**EVENT_TIME, "reference": "normal"},
        },
    ),
    "eventstudy2": Preset(
        program="eventstudy2 (Stata)",
        checked=False,
        tests={
            "patell": PATELL_SUM,
            "adjusted_patell": EVENT_TIME,
            "bmp": PATELL_SUM,
            "kolari_pynnonen": EVENT_TIME,
            "corrado_rank": CLASSICAL,
            "corrado_zivney_sign": CLASSICAL,
            "corrado_zivney_rank": CLASSICAL,
        },
    ),
    "wrds": Preset(
        program="Event Study by WRDS",
        checked=False,
        tests={"patell": PATELL_SUM, "bmp": {**PATELL_SUM, "reference": "normal"}, "sign": {"exact": "never"}},
    ),
    "eventstudytools": Preset(
        program="EventStudyTools ARC (2017)",
        checked=True,
        study={"forecast_error": "none"},
        tests={
            "t": {"forecast_error": "none"},
            "skewness_adjusted": {"form": "hall", "gamma": "adjusted", "reference": "normal"},
            "patell": PATELL_SUM,
            "adjusted_patell": EVENT_TIME,
            "bmp": PATELL_SUM,
            "kolari_pynnonen": EVENT_TIME,
            "corrado_rank": CLASSICAL,
        },
    ),
}


def preset(name: str) -> Preset:
    """Return a preset by its name, ``"default"`` being one without options; `UnknownNameError` if there is none.

    Examples
    --------
    >>> preset("eventstudytools").tests["skewness_adjusted"]["form"]
    'hall'
    """
    if name not in (DEFAULT, *PRESETS):
        raise UnknownNameError("convention", name, (DEFAULT, *PRESETS))
    return PRESETS.get(name, Preset(program="eventstudy", checked=True))


def with_options(member: T, options: Options) -> T:
    """Return a frozen dataclass with options where it has an `Unsaid` default; whatever was given stays."""
    changed = _unsaid(member, options)
    record: Any = member
    whole: T = replace(record, **changed) if changed else member
    return whole


def take_options(member: object, options: Options) -> None:
    """Set options where a frozen dataclass that is being made has an `Unsaid` default."""
    for name, value in _unsaid(member, options).items():
        object.__setattr__(member, name, value)


def _unsaid(member: object, options: Options) -> dict[str, object]:
    record: Any = member
    names = (each.name for each in fields(record) if each.name in options)
    return {name: options[name] for name in names if isinstance(getattr(member, name), Unsaid)}
