"""The lab's certificate authority and the certificates it signs, made by openssl."""

import os

from processes import run, write_file

EXTENSIONS = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1\n"
CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def create_authority(directory):
    """directory/ca.crt and ca.key."""
    os.mkdir(directory)
    os.chmod(directory, 0o755)
    previous = os.umask(0o077)
    try:
        run(["openssl", "req", "-x509", *CURVE, "-days", "3650", "-subj", "/CN=pgcutover lab CA",
             "-keyout", f"{directory}/ca.key", "-out", f"{directory}/ca.crt"])
    finally:
        os.umask(previous)
    os.chmod(f"{directory}/ca.crt", 0o644)
    write_file(f"{directory}/extensions", EXTENSIONS)


def create_certificate(authority, account, directory, name):
    """directory/server.crt and server.key, owned by the account that serves with them."""
    request = f"{authority}/{name}.csr"
    key, certificate = f"{directory}/server.key", f"{directory}/server.crt"
    previous = os.umask(0o077)
    try:
        run(["openssl", "req", *CURVE, "-subj", f"/CN={name}.lab", "-keyout", key, "-out", request])
        run(["openssl", "x509", "-req", "-in", request, "-CA", f"{authority}/ca.crt",
             "-CAkey", f"{authority}/ca.key", "-CAcreateserial", "-days", "3650",
             "-extfile", f"{authority}/extensions", "-out", certificate])
    finally:
        os.umask(previous)
    os.unlink(request)
    os.chmod(certificate, 0o644)
    account.own(key)
    account.own(certificate)
