"""When the machine stood still: a virtual one is not always at work, and nobody is to blame for it.

    still = Stillness()
    ...
    still.seconds(from_ns, to_ns)   # of CLOCK_MONOTONIC
    still.end()
"""

import threading
import time

STEP_NS = 20_000_000
# Later than this, whoever only wanted to sleep for a step was kept from going on.
LATE_NS = 30_000_000


class Stillness:
    """Notes when a thread that does nothing but sleep came late."""

    def __init__(self):
        self.found, self.ended = [], threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()

    def _look(self):
        due = time.monotonic_ns() + STEP_NS
        while not self.ended.wait(STEP_NS / 1e9):
            now = time.monotonic_ns()
            if now - due > LATE_NS:
                self.found.append((due, now))
            due = time.monotonic_ns() + STEP_NS

    def seconds(self, begun, ended):
        """How long of that time it stood still."""
        return sum(max(0, min(to, ended) - max(since, begun)) for since, to in self.found) / 1e9

    def end(self):
        self.ended.set()
        self.thread.join()
