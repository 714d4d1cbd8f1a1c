"""What blue holds at first, made once and copied from then on: a test run has hundreds of labs.

    lab.templates = Templates(directory)     # of a test run; without it each lab is made anew

A copy is of a server that was stopped. Labs made from one have their passwords and the identity of
the cluster in common.
"""

import os
import secrets

from processes import run


class Templates:
    """Data directories beneath a directory; who made it removes it."""

    def __init__(self, directory):
        self.directory, self.words = directory, {}

    def password(self, role):
        return self.words.setdefault(role, secrets.token_urlsafe(18))

    def _path(self, options):
        return f"{self.directory}/{options.blue_major}-{options.scale}"

    def suits(self, options):
        """Settings may change what initdb and the scripts make."""
        return not options.settings and not options.extra_hba

    def restore(self, options, data):
        """True if there was one; data must not exist."""
        path = self._path(options)
        if not self.suits(options) or not os.path.exists(path):
            return False
        run(["cp", "-a", path, data])
        return True

    def keep(self, options, data):
        """Of a server that is stopped."""
        path = self._path(options)
        run(["cp", "-a", data, f"{path}.part"])
        os.rename(f"{path}.part", path)
