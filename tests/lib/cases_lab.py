"""Cases of `check` that want a lab: of poolers, of hosts, and of a green that runs."""

import contextlib
import os
import re
import subprocess

import blue as single
import cases
from processes import LabError


class LabPlay:
    """Makes such cases on one lab, one after the other; what each leaves is undone."""

    def __init__(self, stage, side):
        """side: whom bad.sql and settings are for; the lab as it is now gives the baseline."""
        self.stage, self.lab, self.side = stage, stage.lab, side
        self.server = self.lab.green if side == "green" else self.lab.blue
        self.database = "shop" if side == "green" else "postgres"
        self.baseline = self.check()

    def check(self, path=None):
        return single.run_check(self.stage.program, path or self.lab.config_path)

    def problems(self, case):
        """What is wrong; the case is undone when this returns."""
        with contextlib.ExitStack() as undo:
            self._make(case, undo)
            undo.enter_context(cases.held(
                lambda: self.lab.connect(self.side, self.database, "postgres"), case))
            found = self.check(self._configuration(case))
        return cases.compare(case.expected(self.lab.options.blue_major),
                             cases.new_ones(self.baseline.findings, found.findings))

    def _make(self, case, undo):
        places = {"DIRECTORY": self.lab.directory,
                  "DATA": self.lab.blue.data if case.kind == "pooler" else self.lab.green.data}
        if case.file("good.sh"):
            undo.callback(self._shell, case.file("good.sh"), places)
        if case.file("bad.sh"):
            self._shell(case.file("bad.sh"), places)
        if case.get("settings") or case.get("files"):
            undo.callback(self._restore, case)
            self._settle(case)
        if case.file("good.sql"):
            undo.callback(self._psql, case.file("good.sql"))
        if case.file("bad.sql"):
            self._psql(case.file("bad.sql"))
        if case.get("pooler"):
            self._make_pooler(case.get("pooler"), undo)

    def _shell(self, path, places):
        with open(path) as stream:
            text = stream.read()
        self.lab.account.run(["env", *(f"{name}={value}" for name, value in places.items()),
                              "sh", "-euc", text])

    def _psql(self, path):
        """Green is read-only for everybody who does not say otherwise."""
        done = subprocess.run(
            [single.PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v",
             f"directory={self.lab.directory}", "-v", f"port={self.server.port}",
             "-d", self.lab.conninfo(self.side, self.database, "postgres"), "-f", path],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            timeout=60, check=False, env=single.environment(
                {"PGOPTIONS": "-c default_transaction_read_only=off"}))
        if done.returncode != 0:
            raise LabError(f"psql {path}: {done.stdout.strip()}")

    # -- servers -----------------------------------------------------------------------------------

    def _settle(self, case):
        for name, value in case.get("settings", {}).items():
            self.lab.query(self.side, "postgres", f"ALTER SYSTEM SET {name} = %s",
                           (self.fill(str(value)),))
        for name, text in case.get("files", {}).items():
            self.lab.account.write(f"{self.server.data}/{name}", text)
        self.server.restart()

    def _restore(self, case):
        self.server.stop()
        for name in case.get("files", {}):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self.server.data}/{name}")
        if case.get("settings"):
            path = f"{self.server.data}/postgresql.auto.conf"
            with open(path) as stream:
                lines = stream.readlines()
            kept = [line for line in lines
                    if line.split("=")[0].strip() not in case.get("settings")]
            self.lab.account.write(path, "".join(kept), 0o600)
        self.server.start()

    # -- poolers -----------------------------------------------------------------------------------

    def _make_pooler(self, wanted, undo):
        pooler = self.lab.poolers[wanted.get("name", "p1")]
        if wanted.get("settings"):
            text = "".join(f"{name} = {value}\n" for name, value in wanted["settings"].items())
            for process in pooler.processes:
                undo.callback(process.restart)
                self._edit(process.ini, "%include", text + "%include", undo)
                process.restart()
        for old, new in wanted.get("entries", {}).items():
            undo.callback(pooler.reload)
            self._edit(pooler.file, self.fill(old), self.fill(new), undo)
            pooler.reload()
        for command in wanted.get("console", []):
            pooler.command(command)
        for command in wanted.get("undo", []):
            undo.callback(pooler.command, command)

    def _edit(self, path, old, new, undo):
        with open(path) as stream:
            text = stream.read()
        if old not in text:
            raise LabError(f"{path} has no \"{old}\"")
        undo.callback(self.lab.account.write, path, text)
        self.lab.account.write(path, text.replace(old, new, 1))

    # -- the configuration -------------------------------------------------------------------------

    def fill(self, text):
        for name, value in (("d", self.lab.directory), ("blue", self.lab.blue.port),
                            ("green", self.lab.green.port),
                            ("spare", self.lab.ports["spare"]),
                            ("blue_bin", self.lab.blue.bin_directory),
                            ("green_bin", self.lab.green.bin_directory)):
            text = text.replace("{" + name + "}", str(value))
        return re.sub(r"\{bin_(\d+)\}", lambda found: single.programs(int(found.group(1))), text)

    def _configuration(self, case):
        """The lab's, with what the case changes; its path."""
        sections = dict(case.get("config", {}))
        if case.get("parameters"):
            sections["green.parameters"] = case.get("parameters")
        if case.get("green"):
            sections["green"] = {"bin_directory": f"{{bin_{case.get('green')}}}",
                                 **sections.get("green", {})}
        path = f"{self.stage.directory}/case.ini"
        kept = self.lab.config_path
        try:
            with open(kept) as stream, open(path, "w") as copy:
                copy.write(stream.read())
            self.lab.config_path = path
            for section, keys in sections.items():
                for key, value in keys.items():
                    self.stage.write_configuration(
                        path, section, key, None if value is None else self.fill(str(value)))
        finally:
            self.lab.config_path = kept
        return path
