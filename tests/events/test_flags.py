"""Flags: marked, joined, read back."""

import pickle

import numpy as np
import pytest

from eventstudy.errors import DataError, Flag, Reason
from eventstudy.events import Flags
from eventstudy.frames import Origin


def test_text_counts_and_back() -> None:
    flags = Flags(3).mark(Flag.MERGED, [False, True, False]).mark(Flag.LUNCH_BREAK, [True, True, False])
    assert flags.text.tolist() == ["lunch_break", "lunch_break;merged", ""]
    assert flags.counts() == {"lunch_break": 2, "merged": 1}
    assert Flags.parse(flags.text).text.tolist() == flags.text.tolist()
    assert flags.take(np.array([1])).text.tolist() == ["lunch_break;merged"]
    assert pickle.loads(pickle.dumps(flags)).text.tolist() == flags.text.tolist()


def test_flags_of_two_stages_are_joined() -> None:
    one, two = Flags(2).mark(Flag.MERGED, [True, False]), Flags(2).mark(Flag.MERGED, [False, True])
    assert (one | two).counts() == {"merged": 2}
    assert one.counts() == {"merged": 1}


def test_what_is_no_flag_is_named_by_its_row() -> None:
    text = np.array(["", "lunch_brake"], dtype=object)
    with pytest.raises(DataError, match=r"e.csv, line 3: .* 'lunch_brake' is no flag. Did you mean 'lunch_break'?"):
        Flags.parse(text, Origin("e.csv", first_line=2))
    with pytest.raises(DataError, match="lunch_break is given for"):
        Flags(2).mark(Flag.LUNCH_BREAK, [True])


def test_every_code_of_the_closed_lists_has_a_sentence() -> None:
    for each in (*Flag, *Reason):
        assert each.sentence.endswith(".")
        assert ";" not in str(each)
        assert type(each)(str(each)) is each
