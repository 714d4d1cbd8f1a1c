"""The program's way to a server or a console of the lab, through a proxy that a test can break."""

import os
import re

from proxy import Proxy


def _value_of(stage, section, key):
    with open(stage.lab.config_path) as stream:
        lines = stream.read().split(f"[{section}]")[1].splitlines()
    return next(line.partition("=")[2].strip() for line in lines if line.startswith(f"{key} ="))


def between(stage, target):
    """A proxy before "blue", "green" or "console", that of p1, and the configuration that uses it."""
    if target == "console":
        process = stage.lab.process("p1")
        directory = f"{stage.directory}/wire"
        os.makedirs(directory, exist_ok=True)
        name = f".s.PGSQL.{process.port}"
        proxy = Proxy(f"{process.socket_directory}/{name}", f"{directory}/{name}")
        section, key = "pooler p1", "consoles"
        value = _value_of(stage, section, key).replace(process.socket_directory, directory)
    else:
        proxy = Proxy(("127.0.0.1", stage.lab.ports[target]))
        section, key = target, "conninfo"
        value = re.sub(r"port=\d+", f"port={proxy.port}", _value_of(stage, section, key))
    return proxy, stage.variant("wire", section, key, value)
