"""A headless browser, driven over the pipe of the DevTools protocol."""

import base64
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    *("--headless=new", "--remote-debugging-pipe", "--no-first-run", "--disable-gpu"),
    *("--hide-scrollbars", "--no-sandbox", "--disable-dev-shm-usage"),
)
SECONDS = 60
# The text that is shown, that of shadow trees and frames as well, in which components keep theirs.
SHOWN_TEXT = """
(() => {
  const texts = [];
  const visit = node => {
    if (node.nodeType === Node.TEXT_NODE) texts.push(node.textContent.trim());
    if (["STYLE", "SCRIPT", "TEMPLATE"].includes(node.nodeName)) return;
    if (node.nodeType === Node.ELEMENT_NODE && getComputedStyle(node).display === "none") return;
    if (node.shadowRoot) node.shadowRoot.childNodes.forEach(visit);
    if (node.contentDocument?.body) visit(node.contentDocument.body);
    node.childNodes.forEach(visit);
  };
  if (document.body) visit(document.body);
  return texts.filter(Boolean).join("\\n");
})()
"""


def find() -> str | None:
    """The browser of this machine."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    """One page of a headless browser.

    Args:
        program: The browser.
        width: Of the window, in pixels.
        height: Likewise.
    """

    def __init__(self, program: str, width: int = 1280, height: int = 900):
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        read, its_write = os.pipe()
        its_read, write = os.pipe()
        command = [program, *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"]
        # The protocol has its own two descriptors, 3 and 4.
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{its_read} 4>&{its_write}', "bash", *command],
            pass_fds=(its_read, its_write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(its_read)
        os.close(its_write)
        self._in, self._out = os.fdopen(read, "rb"), os.fdopen(write, "wb")
        self._numbers = itertools.count(1)
        self._session: dict[str, str] = {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        self.resize(width, height)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def resize(self, width: int, height: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        number = next(self._numbers)
        request = {"id": number, "method": method, "params": parameters, **self._session}
        self._out.write(json.dumps(request).encode() + b"\0")
        self._out.flush()
        while True:
            message = json.loads(self._read())
            if message.get("id") == number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]

    def _read(self) -> bytes:
        message = bytearray()
        while (byte := self._in.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser has ended")
            message += byte
        return bytes(message)

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, or of what it promises, in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description"))
        return answer["result"].get("value")

    def text_with(self, *words: str) -> str:
        """The text that the page shows, as soon as all these words are in it."""
        deadline = time.monotonic() + SECONDS
        while True:
            text = self.evaluate(SHOWN_TEXT)
            missing = [word for word in words if word not in text]
            if not missing:
                return text
            if time.monotonic() > deadline:
                raise AssertionError(f"the page does not show {missing}; it shows:\n{text}")
            time.sleep(0.2)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._in.close()
        self._out.close()
        self._profile.cleanup()
