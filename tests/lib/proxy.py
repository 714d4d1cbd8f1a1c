"""A network that can be broken: a small proxy between the program and a server or a console.

    with Proxy(("127.0.0.1", 5432)) as proxy:   # or the path of a Unix socket
        proxy.port                              # a TCP proxy listens here
        proxy.cut()                             # resets what is open, refuses what comes
        proxy.half_open()                       # swallows everything, closes nothing
        proxy.delay(0.03)                       # every piece that long later
        proxy.before(b"PAUSE", call)            # call() before a piece with this in it goes on
        proxy.heal()                            # new connections are as before; swallowed ones stay
"""

import contextlib
import os
import select
import socket
import struct
import threading
import time

WHOLE, CUT, HALF_OPEN = "whole", "cut", "half-open"
PIECE = 65536


def _reset(connection):
    """Closes at once, by a reset: what was sent and not yet read is lost."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


class _Pair:
    """Two connections whose bytes go to each other, in a thread of its own."""

    def __init__(self, proxy, client):
        self.proxy, self.client, self.server = proxy, client, None
        self.is_lost = proxy.mode == HALF_OPEN  # swallowed once: it never works again
        self.late = []                          # (when, where to, bytes), oldest first
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _connect(self):
        target = self.proxy.target
        kind = socket.AF_UNIX if isinstance(target, str) else socket.AF_INET
        self.server = socket.socket(kind, socket.SOCK_STREAM)
        self.server.settimeout(10)
        self.server.connect(target)

    def _run(self):
        try:
            if self.is_lost:  # never gets through, not even to be refused
                self._swallow_rest(None)
                return self.end()
            self._connect()
            while not self.proxy.closing.is_set() and self._turn():
                pass
        except OSError:
            pass
        return self.end()

    def _turn(self):
        """False when one side has closed, or the line is cut."""
        if self.proxy.mode == CUT:
            return False
        ready, _, _ = select.select([self.client, self.server], [], [], self._patience())
        for source in ready:
            piece = source.recv(PIECE)
            if self.proxy.mode == HALF_OPEN:
                self.is_lost = True
            if self.is_lost:
                if not piece:               # the other side is not told that this one has closed
                    return self._swallow_rest(source)
                continue
            if not piece:
                return False
            self.proxy.meet(piece)
            other = self.server if source is self.client else self.client
            self.late.append((time.monotonic() + self.proxy.seconds, other, piece))
        while self.late and self.late[0][0] <= time.monotonic():
            _when, other, piece = self.late.pop(0)
            if self.proxy.mode == WHOLE and not self.is_lost:
                other.sendall(piece)
        return True

    def _patience(self):
        """How long to look for bytes; short, so that a change of the mode is seen."""
        if not self.late:
            return 0.05
        return min(0.05, max(0, self.late[0][0] - time.monotonic()))

    def _swallow_rest(self, closed):
        """One side is gone and the other does not know: until it gives up, or the proxy ends."""
        other = self.server if closed is self.client else self.client
        while not self.proxy.closing.is_set() and self.proxy.mode != CUT:
            if select.select([other], [], [], 0.05)[0] and not other.recv(PIECE):
                break
        return False

    def end(self):
        for each in (self.client, self.server):
            if each is not None:
                _reset(each)


class Proxy:
    """Listens where the program is told the server was; target: (host, port), or a socket's path."""

    def __init__(self, target, path=None):
        self.target, self.path = target, path
        self.mode, self.seconds = WHOLE, 0.0
        self.closing = threading.Event()
        self.pairs = []
        self.calls = []  # (what is in the piece, what to call)
        if path:
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.bind(path)
            os.chmod(path, 0o777)
            self.port = None
        else:
            self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.listener.bind(("127.0.0.1", 0))
            self.port = self.listener.getsockname()[1]
        self.listener.listen(64)
        self.listener.settimeout(0.05)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while not self.closing.is_set():
            try:
                client, _address = self.listener.accept()
            except OSError:
                continue
            if self.mode == CUT:
                _reset(client)
                continue
            client.settimeout(10)
            if client.family == socket.AF_INET:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.pairs = [pair for pair in self.pairs if pair.thread.is_alive()]
            self.pairs.append(_Pair(self, client))

    def open_connections(self):
        return sum(1 for pair in self.pairs if pair.thread.is_alive())

    def cut(self):
        self.mode = CUT
        for pair in self.pairs:
            pair.thread.join(timeout=10)

    def half_open(self):
        """What is open now is lost for good; what comes is swallowed while it lasts."""
        self.mode = HALF_OPEN
        for pair in self.pairs:
            pair.is_lost = True

    def delay(self, seconds):
        self.mode, self.seconds = WHOLE, seconds

    def before(self, words, call):
        """Once; in the proxy's thread, while that connection waits."""
        self.calls.append((words, call))

    def meet(self, piece):
        for waited in [each for each in self.calls if each[0] in piece]:
            self.calls.remove(waited)
            waited[1]()

    def heal(self):
        self.mode, self.seconds = WHOLE, 0.0

    def close(self):
        self.closing.set()
        self.thread.join(timeout=10)
        self.listener.close()
        for pair in self.pairs:
            pair.thread.join(timeout=10)
        if self.path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.close()
