"""Raw replies on disk: whole or not at all, safe names, safe for two processes."""

from __future__ import annotations

import gzip
import json
import multiprocessing
import os
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from eventstudy.errors import DataError, OutputError
from eventstudy.sources.cache import Reply, ReplyCache, Request, cache_folder

REQUEST = Request("https://example.org/chart/BABA", {"period1": "0", "interval": "1d"})
WHEN = datetime(2025, 2, 21, 9, 30, tzinfo=UTC)


def reply(body: bytes = b'{"origin": "synthetic"}') -> Reply:
    return Reply(200, body, {"content-type": "application/json"}, WHEN, "synthetic")


@pytest.mark.parametrize("body", [b"", b'{"a": "\xc3\xa9"}', b"PK\x03\x04\xff\xfe\x00", b"line\r\nline\n\x00"])
def test_a_reply_comes_back_as_it_was(cache: ReplyCache, body: bytes) -> None:
    cache.put(REQUEST, reply(body))
    assert cache.get(REQUEST) == reply(body)
    assert cache.get(Request(REQUEST.url)) is None


def test_the_order_of_the_query_does_not_matter_and_its_values_do(cache: ReplyCache) -> None:
    cache.put(REQUEST, reply())
    turned = Request(REQUEST.url, dict(reversed(REQUEST.params.items())))
    assert cache.get(turned) == reply()
    assert cache.get(Request(REQUEST.url, {**REQUEST.params, "period1": "1"})) is None


@pytest.mark.parametrize("symbol", ["../../etc", "A/B", "BRK.B", "9988.HK", "^GSPC", "CON", "a" * 300, "\0", "é"])
def test_no_symbol_leads_out_of_the_folder(cache: ReplyCache, symbol: str) -> None:
    request = Request(f"https://example.org/chart/{symbol}")
    cache.put(request, reply())
    assert cache.get(request) == reply()
    (file,) = cache.folder.glob("??/*")
    assert len(file.name) == 64 + len(".json.gz")
    assert file.parent.parent == cache.folder


def test_cookies_are_not_kept(cache: ReplyCache) -> None:
    cache.put(REQUEST, Reply(200, b"{}", {"set-cookie": "A3=secret", "etag": '"1"'}, WHEN))
    kept = cache.get(REQUEST)
    assert kept is not None
    assert kept.headers == {"etag": '"1"'}


def test_the_same_reply_makes_the_same_bytes(cache: ReplyCache) -> None:
    cache.put(REQUEST, reply())
    (file,) = cache.folder.glob("??/*")
    first = file.read_bytes()
    cache.put(REQUEST, reply())
    assert file.read_bytes() == first
    record = json.loads(gzip.decompress(first))
    assert record["request"] == "https://example.org/chart/BABA?interval=1d&period1=0"
    assert record["fetched_at"] == "2025-02-21T09:30:00+00:00"
    assert record["origin"] == "synthetic"


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda packed: packed[:-20], "it can't be read"),
        (lambda packed: packed[:30] + b"\0\0" + packed[32:], "it can't be read"),
        (lambda _: b"no gzip", "it can't be read"),
        (lambda _: gzip.compress(b"[]"), "it can't be read"),
        (lambda packed: gzip.compress(gzip.decompress(packed).replace(b'{\\"origin', b'{\\"Origin')), "SHA-256"),
    ],
    ids=["cut", "bit", "text", "shape", "forged"],
)
def test_a_broken_file_is_noticed_and_taken_out(cache: ReplyCache, harm: object, words: str) -> None:
    other = Request("https://example.org/chart/SPY")
    cache.put(REQUEST, reply())
    cache.put(other, reply())
    file = cache.folder / REQUEST.name[:2] / f"{REQUEST.name}.json.gz"
    file.write_bytes(harm(file.read_bytes()))  # type: ignore[operator]
    with pytest.raises(DataError, match=words):
        cache.get(REQUEST)
    kept, broken = cache.verify()
    assert kept == 1
    assert len(broken) == 1
    assert words in broken[0]
    assert cache.get(REQUEST) is None
    assert cache.get(other) == reply()


def test_a_file_under_another_name_does_not_answer(cache: ReplyCache) -> None:
    other = Request("https://example.org/chart/SPY")
    cache.put(REQUEST, reply())
    wrong = cache.folder / other.name[:2] / f"{other.name}.json.gz"
    wrong.parent.mkdir(exist_ok=True)
    wrong.write_bytes((cache.folder / REQUEST.name[:2] / f"{REQUEST.name}.json.gz").read_bytes())
    with pytest.raises(DataError, match="another request"):
        cache.get(other)


def test_info_and_clear(cache: ReplyCache) -> None:
    assert cache.info().replies == {}
    assert cache.clear() == 0
    cache.put(REQUEST, reply())
    cache.put(Request("https://data.sec.gov/a"), reply())
    cache.put(Request("https://data.sec.gov/b"), Reply(200, b"x", {}, datetime(2025, 3, 1, tzinfo=UTC)))
    info = cache.info()
    assert info.replies == {"data.sec.gov": 2, "example.org": 1}
    assert info.size == sum(file.stat().st_size for file in cache.folder.glob("??/*"))
    assert (info.oldest, info.newest) == ("2025-02-21T09:30:00+00:00", "2025-03-01T00:00:00+00:00")
    assert cache.clear("data.sec.gov") == 2
    assert cache.get(REQUEST) == reply()
    assert cache.clear() == 1
    assert cache.get(REQUEST) is None
    assert cache.info().replies == {}


def test_an_index_that_is_lost_or_broken_is_made_again(cache: ReplyCache) -> None:
    cache.put(REQUEST, reply())
    for stray in cache.folder.glob("index.sqlite*"):
        stray.unlink()
    (cache.folder / "index.sqlite").write_bytes(b"this is no database" * 100)
    assert cache.get(REQUEST) == reply()
    assert cache.verify() == (1, ())
    assert cache.info().replies == {"example.org": 1}


def test_clear_also_takes_what_a_killed_process_left(cache: ReplyCache) -> None:
    cache.put(REQUEST, reply())
    with sqlite3.connect(cache.folder / "index.sqlite") as index:
        index.execute("DELETE FROM replies")
    (cache.folder / "ab").mkdir(exist_ok=True)
    for name, age in (("old", 3700), ("young", 3500)):
        part = cache.folder / "ab" / f"{name}.part"
        part.write_bytes(b"half")
        os.utime(part, times=(time.time() - age,) * 2)
    assert cache.clear() == 1
    # What is young another process may be writing still.
    assert [path.name for path in cache.folder.glob("??/*") if path.is_file()] == ["young.part"]


def test_files_that_the_index_does_not_know_are_counted_and_cleared(cache: ReplyCache) -> None:
    other = Request("https://data.sec.gov/a")
    for request in (REQUEST, other):
        cache.put(request, reply())
    with sqlite3.connect(cache.folder / "index.sqlite") as index:
        index.execute("DELETE FROM replies")
    info = cache.info()
    assert info.replies == {"data.sec.gov": 1, "example.org": 1}
    assert info.size == sum(file.stat().st_size for file in cache.folder.glob("??/*"))
    with sqlite3.connect(cache.folder / "index.sqlite") as index:
        index.execute("DELETE FROM replies")
    assert cache.clear("data.sec.gov") == 1
    assert (cache.get(other), cache.get(REQUEST)) == (None, reply())


def test_rows_without_a_file_are_not_counted(cache: ReplyCache) -> None:
    cache.put(REQUEST, reply())
    next(cache.folder.glob("??/*")).unlink()
    assert cache.info().replies == {}
    assert cache.clear("example.org") == 0


def test_a_file_that_vanishes_while_it_is_looked_at(cache: ReplyCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.put(REQUEST, reply())
    gone = cache.folder / "ab" / f"{'ab' * 32}.json.gz"
    listed = [*cache.folder.glob("??/*.json.gz"), gone]
    monkeypatch.setattr(ReplyCache, "_files", lambda _: listed)
    assert cache.verify() == (1, ())
    assert cache.info().replies == {"example.org": 1}
    assert cache.clear() == 1


def test_verify_spares_what_another_process_puts_meanwhile(cache: ReplyCache, monkeypatch: pytest.MonkeyPatch) -> None:
    late, files = Request("https://late.example.org/"), ReplyCache._files
    cache.put(REQUEST, reply())
    (path,) = cache.folder.glob("??/*.json.gz")
    whole = path.read_bytes()
    path.write_bytes(b"broken")
    read = Path.read_bytes

    def replaced(self: Path) -> bytes:
        """Read; right afterwards another process has put a whole file there."""
        content = read(self)
        if content == b"broken":
            path.write_bytes(whole)
        return content

    def listed(self: ReplyCache) -> list[Path]:
        """List; right afterwards another process has put one more reply."""
        found = files(self)
        if cache.get(late) is None:
            cache.put(late, reply())
        return found

    monkeypatch.setattr(Path, "read_bytes", replaced)
    monkeypatch.setattr(ReplyCache, "_files", listed)
    assert cache.verify() == (1, ())
    assert (cache.get(REQUEST), cache.get(late)) == (reply(), reply())
    with sqlite3.connect(cache.folder / "index.sqlite") as index:
        hosts = index.execute("SELECT host FROM replies ORDER BY host").fetchall()
    assert hosts == [("example.org",), ("late.example.org",)]


def test_a_later_row_of_another_process_stands(cache: ReplyCache, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.put(REQUEST, reply())
    later = Reply(200, b"later", {}, datetime(2025, 3, 1, tzinfo=UTC))
    examined = ReplyCache._examined

    def overtaken(self: ReplyCache, path: Path) -> object:
        found = examined(self, path)
        cache.put(REQUEST, later)
        return found

    monkeypatch.setattr(ReplyCache, "_examined", overtaken)
    cache.verify()
    assert cache.info().newest == "2025-03-01T00:00:00+00:00"


def test_the_log_of_a_broken_index_goes_with_it(cache: ReplyCache) -> None:
    cache.put(REQUEST, reply())
    for stray in cache.folder.glob("index.sqlite*"):
        stray.unlink()
    for suffix in ("", "-wal", "-shm"):
        (cache.folder / f"index.sqlite{suffix}").write_bytes(b"this is no database" * 100)
    assert cache.info().replies == {"example.org": 1}
    assert [file for file in cache.folder.glob("index.sqlite*") if b"no database" in file.read_bytes()] == []


def _fill(folder: Path, who: int) -> None:
    cache = ReplyCache(folder)
    for number in range(40):
        request = Request(f"https://example.org/{number}")
        cache.put(request, reply(f"{who}".encode() * 5000))
        found = cache.get(request)
        assert found is not None
        assert len(set(found.body)) == 1


def test_two_processes_write_at_once(cache: ReplyCache) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_fill, args=(cache.folder, who)) for who in (1, 2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert cache.info().replies == {"example.org": 40}
    assert cache.verify() == (40, ())


def _look_after(folder: Path) -> None:
    cache = ReplyCache(folder)
    for _ in range(15):
        cache.clear()
        cache.verify()
        cache.info()


def test_a_process_may_look_after_what_another_writes(cache: ReplyCache) -> None:
    context = multiprocessing.get_context("spawn")
    writer = context.Process(target=_put_only, args=(cache.folder,))
    keeper = context.Process(target=_look_after, args=(cache.folder,))
    for process in (writer, keeper):
        process.start()
    for process in (writer, keeper):
        process.join(60)
    assert [writer.exitcode, keeper.exitcode] == [0, 0]
    kept = cache.verify()[0]
    assert cache.info().replies == ({"example.org": kept} if kept else {})


def _put_only(folder: Path) -> None:
    for number in range(200):
        ReplyCache(folder).put(Request(f"https://example.org/{number % 20}"), reply(b"x" * 5000))


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't be written"):
        ReplyCache(tmp_path / "file").put(REQUEST, reply())


def test_an_index_that_cannot_be_opened_is_said_in_words(cache: ReplyCache) -> None:
    cache.put(REQUEST, reply())
    for stray in cache.folder.glob("index.sqlite*"):
        stray.unlink()
    (cache.folder / "index.sqlite").mkdir()
    words = f"^The cache {str(cache.folder)!r} can't be written \\(unable to open database file\\)\\.$"
    for ask in (cache.info, cache.clear, cache.verify, lambda: cache.put(REQUEST, reply())):
        with pytest.raises(OutputError, match=words):
            ask()


def test_a_reply_that_could_not_be_written_leaves_nothing_half_done(
    cache: ReplyCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(REQUEST, reply())

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left on device"):
        cache.put(REQUEST, reply(b"another"))
    assert cache.get(REQUEST) == reply()
    assert list(cache.folder.glob("??/*.part")) == []


def test_the_folder_is_the_platform_s_or_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("EVENTSTUDY_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("EVENTSTUDY_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "eventstudy" in cache_folder().parts
