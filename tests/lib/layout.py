"""Files the lab writes for the tool: its configuration and the wrappers that stand for ssh."""

from processes import SEARCH_PATH

CONFIGURATION = """\
[cluster lab]
kind = self_managed
state_directory = {d}/state
[blue]
conninfo = host=127.0.0.1 port={blue} user=postgres dbname=postgres {tls} passfile={d}/pgpass
from_green = host=127.0.0.1 port={blue} {tls}
from_poolers = host=localhost port={blue}, host=127.0.0.1 port={blue}
run = {d}/bin/on-blue
data_directory = {d}/blue/data
[green]
conninfo = host=127.0.0.1 port={green} user=postgres dbname=postgres {tls} passfile={d}/pgpass
from_blue = host=127.0.0.1 port={green} {tls}
from_poolers = host=127.0.0.1 port={green}
run = {d}/bin/on-green
bin_directory = {green_bin}
old_bin_directory = {blue_bin}
data_directory = {d}/green/data
port = {green}
socket_directory = {d}/green/run
{poolers}[pause]
budget = 5s
quiet_wait = 1min
on_straggler = give_up
"""

POOLER = """\
[pooler {name}]
file = {file}
run = {d}/bin/on-{name}
consoles = {consoles}
probe = host=127.0.0.1 port={port} user=app dbname=shop sslmode=require passfile={d}/pgpass
"""

WRAPPER = """\
#!/bin/sh
# Stands for "ssh {user}@{host}": joins its arguments and gives them to a shell there.
cd '{home}' || exit 255
exec {prefix} sh -c "$*"
"""


def configuration(lab):
    """The text of DIR/pgcutover.ini."""
    poolers = "".join(
        POOLER.format(d=lab.directory, name=pooler.name, file=pooler.file,
                      port=pooler.processes[0].port,
                      consoles=", ".join(process.conninfo() for process in pooler.processes))
        for pooler in lab.poolers.values())
    return CONFIGURATION.format(
        d=lab.directory, blue=lab.blue.port, green=lab.green.port, poolers=poolers,
        tls=f"sslmode=verify-ca sslrootcert={lab.directory}/tls/ca.crt",
        blue_bin=lab.blue.bin_directory, green_bin=lab.green.bin_directory)


def wrapper(account, host):
    """A script that runs a line of shell as the account, in the environment ssh would give."""
    return WRAPPER.format(user=account.name, host=host, home=account.home,
                          prefix=" ".join(account.prefix()).replace(SEARCH_PATH, f"'{SEARCH_PATH}'"))
