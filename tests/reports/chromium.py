"""A page in headless Chromium, through its command line alone."""

import json
import re
import shutil
import subprocess
import tempfile
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

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
    # Whoever asks for another machine finds none, and says so on the console.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
)
OUTCOME = re.compile(r'<pre id="outcome">(.*?)</pre>', re.DOTALL)
PROBE = """
addEventListener("load", async () => {
  const wait = () => new Promise((done) => setTimeout(done, 50));
  const out = {};
  try { %s } catch (error) { out.error = String(error); }
  const shown = document.createElement("pre");
  shown.id = "outcome";
  shown.textContent = JSON.stringify(out);
  document.body.append(shown);
});
"""


def find() -> str | None:
    """Return the browser of this machine, None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass(frozen=True)
class Visit:
    """What a page did: what the probe found, and what the console said."""

    outcome: dict[str, Any]
    console: list[str]


def visit(
    browser: str,
    page: str,
    probe: str,
    *,
    width: int = 1280,
    dark: bool = False,
    anchor: str = "",
    library: str = "",
    patience: int = 3000,
) -> Visit:
    """Open a page and run a probe in it, JavaScript that writes into ``out``; the page's own policy stays in force.

    A library is a script that the probe needs, patience the milliseconds that it may take.
    """
    script = f"{library}\n{PROBE % probe}"
    allowed = f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
    if "script-src " not in page:
        page = page.replace("default-src 'none'", "default-src 'none'; script-src ", 1)
    page = page.replace("script-src ", f"script-src {allowed} ", 1).replace(
        "</head>", f"<script>{script}</script></head>", 1
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "report.html"
        path.write_text(page, encoding="utf-8", newline="\n")
        command = [browser, *FLAGS, f"--user-data-dir={folder}/profile", f"--window-size={width},900"]
        command += ["--blink-settings=preferredColorScheme=0"] if dark else []
        command += [f"--virtual-time-budget={patience}", "--dump-dom", f"{path.as_uri()}{anchor}"]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True)
    found = OUTCOME.search(done.stdout)
    assert found, done.stderr[-2000:]
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Visit(json.loads(unescape(found.group(1))), console)
