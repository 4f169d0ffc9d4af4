"""A browser without a window, driven through the DevTools protocol that Chromium speaks."""

import base64
import itertools
import json
import os
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

START = 30
# For a page to come to rest, when letters are printed meanwhile; for something to appear on it.
PATIENCE = 240
APPEAR = 20
# How long nothing may happen before a page counts as ready.
QUIET = 0.6
SWITCHES = (
    "--headless",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    "--lang=en-US",
    "--no-first-run",
    "--remote-debugging-port=0",
)
# The page's clock starts when the pictures' day does, and every request is counted.
BEFORE_EVERY_PAGE = """
(() => {
    const Real = Date;
    const ahead = %(moment)s - Real.now();
    window.Date = class extends Real {
        constructor(...parts) {
            parts.length ? super(...parts) : super(Real.now() + ahead);
        }
        static now() {
            return Real.now() + ahead;
        }
    };
    window.pendingRequests = 0;
    const send = XMLHttpRequest.prototype.send;
    XMLHttpRequest.prototype.send = function (...parts) {
        window.pendingRequests++;
        this.addEventListener("loadend", () => window.pendingRequests--);
        return send.apply(this, parts);
    };
    const load = window.fetch;
    window.fetch = (...parts) => {
        window.pendingRequests++;
        return load(...parts).finally(() => window.pendingRequests--);
    };
    document.addEventListener("DOMContentLoaded", () => {
        const style = document.createElement("style");
        style.textContent = %(style)s;
        document.head.append(style);
    });
})();
"""
# What moves, what pops up by chance of time, and avatars, whose color does.
STYLE = """
*, *::before, *::after {
    animation: none !important;
    caret-color: transparent !important;
    transition: none !important;
}
img[src*="avatar"] { filter: brightness(0) invert(0.6); }
.o-mail-ChatHub, .o-mail-ImStatus, .o_notification_manager, .o_tour_pointer {
    display: none !important;
}
"""
READY = """
document.readyState === "complete"
    && !window.pendingRequests
    && document.fonts.status === "loaded"
    && ![...document.images].some((image) => !image.complete)
    && !document.querySelector(".o_blockUI, .o_loading_indicator")
"""


class Trouble(Exception):
    """Something that the list of screenshots counts on is not on the page."""


class Browser:
    """One browser with one page."""

    def __init__(self, program, moment):
        """
        :param str program: path of Chromium or Chrome
        :param datetime.datetime moment: with time zone; when the clock of every page starts
        """
        self.folder = tempfile.TemporaryDirectory(prefix="screenshots-", ignore_cleanup_errors=True)
        as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            [program, *SWITCHES, *as_root, f"--user-data-dir={self.folder.name}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.numbers = itertools.count(1)
        self.socket = websocket.create_connection(
            self._find_page(), suppress_origin=True, timeout=PATIENCE
        )
        self.call("Page.enable")
        self.call("Emulation.setTimezoneOverride", timezoneId="Europe/Amsterdam")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        clock = {"moment": int(moment.timestamp() * 1000), "style": json.dumps(STYLE)}
        self.call("Page.addScriptToEvaluateOnNewDocument", source=BEFORE_EVERY_PAGE % clock)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.socket.close()
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def _find_page(self):
        """Address of the page's socket; the browser writes its port to a file when it is up."""
        file = Path(self.folder.name, "DevToolsActivePort")
        deadline = time.monotonic() + START
        while time.monotonic() < deadline and self.process.poll() is None:
            lines = file.read_text().split() if file.exists() else []
            if len(lines) > 1:
                with urllib.request.urlopen(f"http://127.0.0.1:{lines[0]}/json") as answer:
                    pages = [page for page in json.load(answer) if page["type"] == "page"]
                if pages:
                    return pages[0]["webSocketDebuggerUrl"]
            time.sleep(0.1)
        raise Trouble("The browser did not start.")

    # === TALKING ===#
    def call(self, method, **parameters):
        """Send a command and wait for its answer."""
        number = self._send(method, parameters)
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("method") == "Page.javascriptDialogOpening":
                # A page asks whether it may be left with something not saved: nothing goes on
                # before it has an answer.
                self._send("Page.handleJavaScriptDialog", {"accept": True})
            if answer.get("id") == number:
                if "error" in answer:
                    raise Trouble(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _send(self, method, parameters):
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        return number

    def run(self, script, *values):
        """Result of a JavaScript function that is called with the values."""
        arguments = ", ".join(json.dumps(value) for value in values)
        answer = self.call(
            "Runtime.evaluate",
            expression=f"({script})({arguments})",
            returnByValue=True,
            awaitPromise=True,
        )
        if "exceptionDetails" in answer:
            raise Trouble(answer["exceptionDetails"]["exception"].get("description", "?"))
        return answer["result"].get("value")

    def wait(self, script, *values, what):
        """Wait until a JavaScript function gives something, and return that."""
        deadline = time.monotonic() + APPEAR
        while time.monotonic() < deadline:
            try:
                found = self.run(script, *values)
            except Trouble:  # the page is being replaced
                found = None
            if found:
                return found
            time.sleep(0.1)
        raise Trouble(f"There is no {what}.")

    def settle(self):
        """Wait until the page is complete and has been quiet for a moment."""
        quiet_since = None
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                ready = self.run(f"() => {READY}")
            except Trouble:
                ready = False
            now = time.monotonic()
            quiet_since = (quiet_since or now) if ready else None
            if quiet_since and now - quiet_since >= QUIET:
                return
            time.sleep(0.1)
        raise Trouble("The page does not come to rest.")

    # === LOOKING AND ACTING ===#
    def resize(self, width, height, phone):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        self.call("Emulation.setTouchEmulationEnabled", enabled=phone)

    def go(self, address):
        self.call("Page.navigate", url=address)
        time.sleep(0.3)
        self.settle()

    def forget(self, address):
        """Log out: whoever comes next brings nothing of the one before."""
        self.call("Storage.clearDataForOrigin", origin=address, storageTypes="all")

    def click(self, point):
        """Press and release the mouse, as a person would: some menus listen to nothing else."""
        spot = {"x": point[0], "y": point[1], "button": "left", "clickCount": 1}
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=point[0], y=point[1])
        self.call("Input.dispatchMouseEvent", type="mousePressed", **spot)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", **spot)
        self.settle()

    def type(self, text):
        self.call("Input.insertText", text=text)
        self.settle()

    def move_away(self):
        """Take the pointer off everything that lights up under it."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=0, y=0)

    def picture(self, box=None):
        """PNG of the screen, or of a part of it as (left, top, width, height)."""
        clip = {}
        if box:
            names = ("x", "y", "width", "height")
            clip = {"clip": {**dict(zip(names, box, strict=True)), "scale": 1}}
        answer = self.call("Page.captureScreenshot", format="png", **clip)
        return base64.b64decode(answer["data"])
