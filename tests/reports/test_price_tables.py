"""The table of what looks wrong in the prices."""

import numpy as np

from eventstudy.findings import Finding, FindingKind, findings_frame
from eventstudy.reports.price_tables import findings


def test_a_row_a_finding_and_a_sentence_a_kind() -> None:
    day = np.datetime64("2025-02-20", "D")
    shown = findings(
        findings_frame(
            [
                Finding("BABA", day, FindingKind.GAP, "1 session without a price (2025-02-20)."),
                Finding("BABA", day, FindingKind.STALE_RUN, "5 sessions close at 1 without volume."),
            ]
        )
    )
    assert [column.title for column in shown.columns] == ["Symbol", "Session", "Kind", "Finding"]
    assert shown.rows[0] == ("BABA", "2025-02-20", "gap", "1 session without a price (2025-02-20).")
    assert shown.notes[0].startswith("2 findings in 1 symbol;")
    assert shown.notes[1:] == (
        "Gap: Sessions inside the listed span without a price.",
        "Stale run: Five or more sessions with one and the same close and no volume: thin trading.",
    )


def test_no_finding() -> None:
    assert findings(findings_frame(())).notes == ("Nothing looks wrong in the prices.",)
