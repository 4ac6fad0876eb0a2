from __future__ import annotations

import pytest

from eventstudy.errors import InputError, UnknownNameError
from eventstudy.returns import Windows
from eventstudy.returns.windows import interval


def test_defaults_are_those_of_the_literature() -> None:
    windows = Windows()
    assert windows.estimation == (-250, -11)
    assert windows.event == (-10, 10)
    assert [window.interval for window in windows.reported] == ["[0,0]", "[0,+1]", "[-1,+1]", "[-5,+5]", "[-10,+10]"]
    assert windows.fewest == 120


def test_reported_windows_are_those_that_fit() -> None:
    windows = Windows(event=(-1, 1))
    assert [window.interval for window in windows.reported] == ["[0,0]", "[0,+1]", "[-1,+1]"]
    only_after = Windows(event=(2, 10))
    assert [window.interval for window in only_after.reported] == ["[+2,+10]"]


@pytest.mark.parametrize(
    ("estimation", "fewest"), [((-250, -11), 120), ((-210, -11), 100), ((-40, -11), 15), ((-31, -11), 11)]
)
def test_fewest_is_120_or_half_a_short_window(estimation: tuple[int, int], fewest: int) -> None:
    assert Windows(estimation=estimation).fewest == fewest
    assert Windows(estimation=estimation, min_obs=20).fewest == 20


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"estimation": (-200, -5)}, "overlaps the event window [-10,+10]; end it at -11"),
        ({"event": (10, -10)}, "event is [10, -10]; the first day must not come after the last"),
        ({"named": {"far": (0, 40)}}, "'far' [0,+40] reaches outside the event window [-10,+10]"),
        ({"min_obs": 500}, "min_obs is 500; the estimation window [-250,-11] has 240 sessions"),
        ({"min_coverage": 0.0}, "min_coverage is 0.0"),
        ({"event": (1, 2, 3)}, "two days such as [0, 1] were expected"),
        ({"estimation": (-99_999_999_999, -11)}, "estimation is [-99999999999, -11]; days within 100,000 of day 0"),
        ({"event": (-10, 10**9)}, "event is [-10, 1000000000]; days within 100,000 of day 0 were expected"),
        ({"named": {" ": (0, 1)}}, "a named window has no name; one such as drift: [2, 10] was expected"),
        ({"event": (-10.5, 10)}, "two days such as [0, 1] were expected"),
        ({"columns": {"estimation": ("from",)}}, "columns of 'estimation' are ['from']; two names were expected"),
    ],
)
def test_impossible_windows_say_what_would_be_right(settings: dict[str, object], words: str) -> None:
    with pytest.raises(InputError) as caught:
        Windows(**settings)  # type: ignore[arg-type]
    assert words in str(caught.value)


def test_overlap_and_estimation_after_the_event() -> None:
    assert Windows(estimation=(-200, 0), allow_overlap=True).estimation == (-200, 0)
    assert Windows(estimation=(11, 200)).estimation == (11, 200)


def test_a_window_by_name_or_days() -> None:
    windows = Windows(named={"reaction": (0, 1)})
    assert windows.window("reaction").length == 2
    assert windows.window((-3, 2)).within(-10) == slice(7, 13)
    with pytest.raises(UnknownNameError, match="Did you mean 'reaction'"):
        windows.window("reacton")
    with pytest.raises(InputError, match="reaches outside"):
        windows.window((0, 11))


def test_interval_signs() -> None:
    assert interval(0, 0) == "[0,0]"
    assert interval(-10, 10) == "[-10,+10]"
