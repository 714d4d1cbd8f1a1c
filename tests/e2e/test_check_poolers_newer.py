"""What check finds of newer PgBouncers, and what the script finds that tries green's address."""

import contextlib
import socket
import ssl
import subprocess
import threading

import pytest

import tls
from pooling import SHOP, entries, findings, only, roles, settings
from processes import run
from support import ROOT
from test_pgbouncer_versions import SUITES, program_of_suite, version_of


# -- the script that tries, against a server of our own ---------------------------------------------

class Greeter:
    """Speaks TLS behind the request that PostgreSQL has for it, or refuses it."""

    def __init__(self, directory, answer=b"S", address="127.0.0.2"):
        self.answer, self.context = answer, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(f"{directory}/server.crt", f"{directory}/server.key")
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.create_server((address, 0), family=family)
        self.address, self.port = self.socket.getsockname()[:2]
        self.thread = threading.Thread(target=self._serve)

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                with connection, contextlib.suppress(OSError, ssl.SSLError):
                    connection.settimeout(5)
                    if connection.recv(8):
                        connection.sendall(self.answer)
                        with self.context.wrap_socket(connection, server_side=True) as secure:
                            secure.recv(1)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, value, traceback):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


def reach(host, port, mode, authority):
    done = subprocess.run(["sh", f"{ROOT}/cutover/clusters/sh/reach.sh", host, str(port), mode,
                           authority], timeout=30, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split("\n")[:-1]


@pytest.fixture
def certified(tmp_path):
    """certified(name) makes a certificate of that common name, for 127.0.0.1 and localhost; the
    directory with it and its authority's."""
    def make(name):
        directory = str(tmp_path / "tls")
        tls.create_authority(directory)
        request = f"{directory}/server.csr"
        run(["openssl", "req", *tls.CURVE, "-subj", f"/CN={name}", "-keyout",
             f"{directory}/server.key", "-out", request])
        run(["openssl", "x509", "-req", "-in", request, "-CA", f"{directory}/ca.crt", "-CAkey",
             f"{directory}/ca.key", "-CAcreateserial", "-extfile", f"{directory}/extensions",
             "-out", f"{directory}/server.crt"])
        return directory
    return make


def test_what_is_said_of_a_certificate(certified):
    directory = certified("green.lab")
    authority = f"{directory}/ca.crt"
    wrong = "tls=no its certificate does not name 127.0.0.2"
    with Greeter(directory) as server:
        for mode, file, said in (("verify-ca", authority, "tls=yes"),
                                 ("require", "", "tls=yes"),
                                 ("verify-full", authority, wrong)):
            assert reach(server.address, server.port, mode, file) == ["connects=yes", said], mode
        assert reach(server.address, server.port, "prefer", "") == ["connects=yes"]
        assert reach(server.address, server.port, "verify-ca", f"{directory}/none")[1] \
            .startswith("tls=unknown ")
        assert reach(server.address, server.port, "verify-ca", "")[1] \
            .startswith("tls=no its certificate: ")
    with Greeter(directory, answer=b"N") as server:
        assert reach(server.address, server.port, "require", "") == [
            "connects=yes", "tls=no no handshake"]
    assert reach(server.address, server.port, "require", "") == ["connects=no Connection refused"]
    assert reach(directory, 5432, "require", "") == ["connects=no there is no such socket"]


def test_a_certificate_that_names_the_host(certified):
    directory = certified("green.lab")
    for address in ("127.0.0.1", "::1"):
        with Greeter(directory, address=address) as server:
            assert reach(server.address, server.port, "verify-full", f"{directory}/ca.crt") == [
                "connects=yes", "tls=yes"]


def test_a_common_name_is_a_name_too(certified):
    """As PgBouncer has it, also beside other names."""
    directory = certified("127.0.0.2")
    with Greeter(directory) as server:
        assert reach(server.address, server.port, "verify-full", f"{directory}/ca.crt") == [
            "connects=yes", "tls=yes"]


# -- a newer PgBouncer ------------------------------------------------------------------------------

@pytest.fixture(scope="module", params=SUITES[1:], ids=lambda suite: f"suite-of-{suite}")
def newer(request, make_module_stage):
    program = program_of_suite(request.param)
    stage = make_module_stage(pgbouncer=program)
    stage.version = version_of(program)
    stage.forward = stage.variant("forward", "rollback", "reverse", "no")
    yield stage
    stage.close()


def test_a_pgbouncer_that_will_not_go_back_is_told_where_that_is_wanted(newer):
    assert findings(newer, newer.forward) == {}
    if newer.version < (1, 26):
        assert findings(newer) == {}
    else:
        found = only(newer, "pooler_version")
        assert len(found) == 3 and all("scram_iterations" in evidence for *_, evidence in found)


def test_patience_of_an_entry_of_its_own(newer):
    if newer.version < (1, 25):
        pytest.skip("this one has none")
    with entries(newer, SHOP, SHOP + " query_wait_timeout=4"):
        assert only(newer, "pooler_patience", newer.forward) == [
            ("pooler p1", "shop", "query_wait_timeout is 4000 ms; the pause budget is 5000 ms")]


def test_passwords_that_are_looked_up_through_another_entry(newer):
    outside = "\noutside = host=127.0.0.1 port=1\n"
    with entries(newer, "shop_alias", outside + "shop_alias"), \
            entries(newer, SHOP, SHOP + " auth_dbname=outside"), \
            settings(newer, auth_user="postgres"):
        assert only(newer, "pooler_auth_database", newer.forward) == [
            ("pooler p1", "shop", "its auth_dbname, outside, leads to 127.0.0.1 port 1")]
    with settings(newer, auth_user="postgres", auth_dbname="Billing"):
        assert findings(newer, newer.forward) == {}
    with settings(newer, auth_user="ghost", auth_dbname="Billing"):
        assert "pooler_auth_query" in findings(newer, newer.forward)


def test_roles_are_compared_wherever_passwords_are_looked_up(newer):
    """Behind all others: with a green."""
    newer.prepare()
    outside = "\noutside = host=127.0.0.1 port=1\n"
    with roles(newer, "CREATE ROLE late LOGIN", "DROP ROLE late"), \
            entries(newer, "shop_alias", outside + "shop_alias"), \
            settings(newer, auth_user="postgres", auth_dbname="outside"):
        found = findings(newer)
    assert "pooler_auth_database" in found
    assert found["pooler_roles"] == [("green", "late", "there is no such role")]
