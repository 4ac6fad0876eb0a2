"""Pages in one headless Chromium, told what to do through a pipe in the words of its developer tools."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from select import select
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    # A tab behind others is as quick as the one in front.
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    # Whoever asks for another machine finds none, and says so on the console.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)
# The browser reads its orders from descriptor 3 and answers on 4.
SHELL = ("sh", "-c", 'exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>&2')
PATIENCE = 60.0
PROBE = """(async () => {
  const wait = () => new Promise((done) => setTimeout(done, 50));
  const out = {};
  const folds = %s ? [...document.querySelectorAll("details:not([open])")] : [];
  folds.forEach((each) => { each.open = true; });
  try { %s } catch (error) { out.error = String(error); }
  folds.forEach((each) => { each.open = false; });
  return JSON.stringify(out);
})()"""


def find() -> str | None:
    """Return the browser of this machine, None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """A browser that is started once for many pages."""

    def __init__(self, program: str) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        command = [*SHELL, program, *FLAGS, f"--user-data-dir={self._folder.name}/profile"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        self._sent = 0
        self._unread = b""
        self._pages = 0
        self.events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.tell("Browser.close")
        self._process.communicate(timeout=PATIENCE)
        self._folder.cleanup()

    def open(self, page: str, anchor: str = "") -> "Tab":
        """Return a tab in which a page is loaded, as it is and from a file of its own."""
        self._pages += 1
        path = Path(self._folder.name) / f"report{self._pages}.html"
        path.write_text(page, encoding="utf-8", newline="\n")
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.tell(f"{domain}.enable", session)
        tab = Tab(self, session)
        tab.resize(1280)
        self.tell("Page.navigate", session, url=f"{path.as_uri()}{anchor}")
        while not tab.happened("Page.loadEventFired"):
            self._receive()
        return tab

    def tell(self, method: str, session: str | None = None, **options: Any) -> dict[str, Any]:
        """Give the browser or one of its tabs an order and return the answer."""
        self._sent += 1
        order = {"id": self._sent, "method": method, "params": options} | ({"sessionId": session} if session else {})
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\0")
        while (answer := self._receive()).get("id") != self._sent:
            pass
        assert "error" not in answer, (method, answer)
        result: dict[str, Any] = answer["result"]
        return result

    def _receive(self) -> dict[str, Any]:
        """Return the next answer or event, and keep it if it is an event."""
        stream = self._process.stdout
        assert stream is not None
        while b"\0" not in self._unread:
            assert select([stream], [], [], PATIENCE)[0], "the browser says nothing"
            more = stream.read(1 << 20)
            assert more, "the browser has ended"
            self._unread += more
        first, _, self._unread = self._unread.partition(b"\0")
        message: dict[str, Any] = json.loads(first)
        if "method" in message:
            self.events.append(message)
        return message


class Tab:
    """A page that is open, for one look or for several."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    @property
    def console(self) -> list[str]:
        """What the console has said since the page began to load."""
        return [
            json.dumps(each["params"])
            for method in ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
            for each in self.happened(method)
        ]

    def happened(self, method: str) -> list[dict[str, Any]]:
        """Return the events of a kind that the browser told of this tab."""
        return [
            each for each in self._browser.events if (each["method"], each.get("sessionId")) == (method, self._session)
        ]

    def resize(self, width: int) -> None:
        """Make the window so many points wide."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._browser.tell("Emulation.setDeviceMetricsOverride", self._session, **size)

    def look(
        self,
        probe: str,
        *,
        width: int = 1280,
        dark: bool = False,
        medium: str = "screen",
        unfolded: bool = False,
        library: str = "",
    ) -> dict[str, Any]:
        """Run a probe, JavaScript that writes into ``out``, and return that; the page's policy does not hold for it.

        Folds are closed again where the probe wants them open. A library is a script that the probe needs.
        """
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._browser.tell("Emulation.setEmulatedMedia", self._session, media=medium, features=[scheme])
        self.resize(width)
        if library:
            self._run(library)
        out: dict[str, Any] = json.loads(self._run(PROBE % (json.dumps(unfolded), probe)))
        return out

    def _run(self, script: str) -> Any:
        done = self._browser.tell("Runtime.evaluate", self._session, expression=script, awaitPromise=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")
