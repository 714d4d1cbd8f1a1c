"""A program on a terminal: a shell in tmux, whose screen can be read.

    with Terminal(directory, 80, 24) as terminal:
        terminal.type("pgcutover watch")
        terminal.wait("caught up")
"""

import os
import shlex
import subprocess

from processes import LabError, wait_until

PROMPT = "ready$ "


class Terminal:
    """One window with a shell, in a server of its own."""

    def __init__(self, directory, width, height, **environment):
        self.socket = f"{directory}/tmux"
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("PG", "TMUX", "LC_")) and name not in ("NO_COLOR", "TERM")}
        self.environment = {**kept, "LANG": "C.UTF-8", "ASAN_OPTIONS": "exitcode=99", **environment}
        self.begin = ["new-session", "-d", "-x", str(width), "-y", str(height),
                      f"exec bash --noprofile --noediting --rcfile {directory}/prompt"]
        with open(f"{directory}/prompt", "w") as stream:
            stream.write(f"PS1='{PROMPT}'\n")

    def __enter__(self):
        self.tmux("-f", "/dev/null", "-u", *self.begin)
        try:
            self.wait(PROMPT.strip())
        except LabError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, value, traceback):
        if kind:
            print(self.screen())
        pid = int(self.tmux("display-message", "-p", "#{pid}"))
        self.tmux("kill-server")
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "tmux to end")

    def tmux(self, *arguments):
        done = subprocess.run(["tmux", "-S", self.socket, *arguments], env=self.environment,
                              capture_output=True, text=True, check=False, timeout=20, cwd="/")
        if done.returncode:
            raise LabError(f"tmux {shlex.join(arguments)}: {done.stderr}")
        return done.stdout

    def screen(self, *options):
        return self.tmux("capture-pane", "-p", *options)

    def lines(self):
        return self.screen().rstrip("\n").split("\n")

    def keys(self, *names):
        self.tmux("send-keys", *names)

    def type(self, line):
        self.tmux("send-keys", "-l", line)
        self.tmux("send-keys", "Enter")

    def resize(self, width, height):
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def wait(self, *texts, deadline=40):
        """Until all of them stand there at once: a screen may be half drawn; the screen."""
        def there():
            seen = self.screen()
            return all(text in seen for text in texts) and seen
        try:
            return wait_until(there, ", ".join(texts), deadline)
        except LabError as error:
            raise LabError(f"{error}:\n{self.screen()}") from error

    def wait_gone(self, text, deadline=40):
        return wait_until(lambda: text not in (seen := self.screen()) and seen, f"no {text}",
                          deadline)

    def wait_modes(self, wanted):
        """A program gives the screen back first, its modes a moment later."""
        wait_until(lambda: self.modes() == wanted, "the terminal to have its modes again")

    def state(self):
        """Whether a program has the alternate screen, and whether the cursor is seen."""
        alternate, cursor = self.tmux("display-message", "-p",
                                      "#{alternate_on} #{cursor_flag}").split()
        return alternate == "1", cursor == "1"

    def modes(self):
        """Of the terminal, as stty says; without its size."""
        name = self.tmux("display-message", "-p", "#{pane_tty}").strip()
        return subprocess.run(["stty", "-a", "-F", name], capture_output=True, text=True,
                              check=True).stdout.split("\n", 1)[1]

    def programs(self, name):
        """pids of the programs of that name on it."""
        tty = self.tmux("display-message", "-p", "#{pane_tty}").strip().removeprefix("/dev/")
        done = subprocess.run(["ps", "-t", tty, "-o", "pid=,comm="], capture_output=True, text=True,
                              check=False)
        return [int(line.split()[0]) for line in done.stdout.splitlines()
                if line.split()[1] == name]
