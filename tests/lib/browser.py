"""A headless Chromium, by the DevTools protocol over its two pipes: no port, no library.

    with Browser(directory) as browser:
        page = browser.open("http://127.0.0.1:9187/")
        page.wait_for("document.title.includes('orders')", "the title")
"""

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import time

from processes import LabError, wait_until

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def find_browser():
    """The program, or None."""
    return next((found for found in map(shutil.which, PROGRAMS) if found), None)


def _as_three_and_four(commands, answers):
    """In the child: the numbers that Chromium reads from, and writes to."""
    high = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in (commands, answers)]
    for number, each in zip((3, 4), high):
        os.dup2(each, number)


def contrast(one, other):
    """Of two colours, "#rrggbb", as WCAG 2 defines it: 1 to 21."""
    def luminance(color):
        parts = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


class Page:
    """A tab. What it asked for is in .requests, what it said and refused in .complaints."""

    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        self.requests, self.complaints = [], []

    def send(self, method, **parameters):
        return self.browser.send(method, parameters, self.session)

    def hear(self, method, parameters):
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or
                                   details["text"])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(parameters["entry"]["text"])
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"dialog: {parameters['message']}")

    def go(self, url):
        self.send("Page.navigate", url=url)

    def value(self, expression):
        """What a JavaScript expression gives; LabError when it throws."""
        told = self.send("Runtime.evaluate", expression=expression, returnByValue=True,
                         awaitPromise=True)
        if "exceptionDetails" in told:
            raise LabError(f"{expression}: {told['exceptionDetails']}")
        return told["result"].get("value")

    def text(self, selector):
        """What is to be read there; None when there is no such element."""
        return self.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? null")

    def wait_for(self, expression, what, deadline=60):
        def holds():
            try:
                return self.value(expression)
            except LabError as error:  # the page is being loaded, perhaps
                last.append(str(error))
                return None
        last = []
        try:
            return wait_until(holds, what, deadline)
        except LabError as error:
            body = self.value("document.body.innerText")[:2000]
            raise LabError(f"{error}\n{last[-1:]}\n{self.complaints}\nThe page:\n{body}") from None

    def wait_for_text(self, selector, words, deadline=60):
        expression = (f"(document.querySelector({json.dumps(selector)})?.innerText ?? '')"
                      f".includes({json.dumps(words)})")
        return self.wait_for(expression, f'"{words}" in {selector}', deadline)

    def size(self, width, height, scheme="light"):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self.send("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])

    def picture(self, path, whole=True):
        told = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        with open(path, "wb") as stream:
            stream.write(base64.b64decode(told["data"]))

    def offline(self, is_offline):
        self.send("Network.emulateNetworkConditions", offline=is_offline, latency=0,
                  downloadThroughput=-1, uploadThroughput=-1)


class Browser:
    def __init__(self, directory):
        found = find_browser()
        if found is None:
            raise LabError("no Chromium here (see scripts/dependencies)")
        self.pages, self.answers, self.count, self.rest = {}, {}, 0, b""
        theirs_in, self.to = os.pipe()
        self.come, theirs_out = os.pipe()
        options = ["--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run",
                   "--disable-dev-shm-usage", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync", "--disable-extensions",
                   "--no-default-browser-check", "--hide-scrollbars", "--no-proxy-server",
                   f"--user-data-dir={directory}/browser"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")
        # what it leaves in a temporary directory, too
        environment = {**os.environ, "HOME": directory, "TMPDIR": directory}
        with open(f"{directory}/browser.log", "w") as log:
            self.process = subprocess.Popen(
                [found, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment, close_fds=False, start_new_session=True,
                preexec_fn=lambda: _as_three_and_four(theirs_in, theirs_out))
        os.close(theirs_in)
        os.close(theirs_out)

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.close()

    def close(self):
        """All of its processes are of its group."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait(20)
        os.close(self.to)
        os.close(self.come)

    def _take(self, end):
        """One more message."""
        while b"\0" not in self.rest:
            ready, _, _ = select.select([self.come], [], [], max(0.0, end - time.monotonic()))
            got = os.read(self.come, 1 << 20) if ready else b""
            if not got:
                raise LabError("the browser says nothing any more")
            self.rest += got
        message, _, self.rest = self.rest.partition(b"\0")
        message = json.loads(message)
        if "id" in message:
            self.answers[message["id"]] = message
        elif message.get("sessionId") in self.pages:
            self.pages[message["sessionId"]].hear(message["method"], message["params"])

    def send(self, method, parameters=None, session=None, deadline=60):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        mine, end = self.count, time.monotonic() + deadline
        while mine not in self.answers:
            self._take(end)
        answer = self.answers.pop(mine)
        if "error" in answer:
            raise LabError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, url, width=1280, height=900, scheme="light"):
        target = self.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})
        page = self.pages[session["sessionId"]] = Page(self, session["sessionId"])
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.send(f"{domain}.enable")
        page.size(width, height, scheme)
        page.go(url)
        return page
