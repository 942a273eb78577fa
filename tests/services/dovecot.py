"""A Dovecot IMAP server with a configuration, a port and mailboxes of the run's own.

Always started, never one that runs: tests cut its connections and change its UIDVALIDITY.
"""

from __future__ import annotations

import base64
import contextlib
import getpass
import grp
import hmac
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from servicedesk.kernel.ids import new_id
from tests.fakes.smtp_sink import make_certificate
from tests.services.debian import install_packages
from tests.services.missing import ServiceMissing
from tests.services.processes import accepts_connections, free_port, running_process

SERVICE = "Dovecot"

# Runs as root and as anybody. Root may neither read mail nor face a client (Dovecot refuses), so
# there the package's own users do; anybody else is all of them at once, without chroot.
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/sink.pem
ssl_key = <{folder}/sink.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
mail_max_userip_connections = 100
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {folder}/oauth2.conf
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={mail_uid} gid={mail_gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


# Tokens are JWTs that Dovecot checks by itself, their end included.
OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={folder}/keys/
username_attribute = sub
"""


@dataclass(frozen=True, slots=True)
class DovecotServer:
    """Any user name signs in with `password`, or a token, and has an empty mailbox of its own.

    `ca_file` is the authority of what listens on `tls_port`.
    """

    port: int
    tls_port: int
    password: str
    mail_folder: Path
    ca_file: Path
    token_key: str = field(repr=False)

    def token(self, user: str, lasts_seconds: float = 300) -> str:
        """Return an access token for XOAUTH2; one of less than nothing has ended."""
        now = time.time()
        claims = {"sub": user, "iat": int(now) - 1_000, "exp": int(now + lasts_seconds)}
        parts = [_base64(json.dumps(part)) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
        signed = ".".join(parts)
        mac = hmac.digest(self.token_key.encode(), signed.encode(), "sha256")
        return f"{signed}.{_base64(mac)}"

    def deliver(
        self, user: str, mails: Iterable[bytes], *, days_ago: float = 0, folder: str = ""
    ) -> None:
        """Put mails into a mailbox as a delivery agent does: no connection, and quick for many."""
        owner = self.mail_folder.stat()
        path = self.mail_folder / user / (f".{folder}" if folder else "")
        for made in (path.parent, path, path / "tmp", path / "new", path / "cur"):
            made.mkdir(exist_ok=True)
            os.chown(made, owner.st_uid, owner.st_gid)
        for mail in mails:
            arrived = time.time() - days_ago * 86_400
            file = path / "tmp" / f"{arrived:.0f}.{new_id()}.tests"
            file.write_bytes(mail)
            os.chown(file, owner.st_uid, owner.st_gid)
            os.utime(file, (arrived, arrived))
            file.rename(path / "new" / file.name)

    def change_uid_validity(self, user: str) -> None:
        """Make all UIDs of a mailbox meaningless, as after a restore. Nobody may be connected."""
        path = self.mail_folder / user
        header = (path / "dovecot-uidlist").read_text().splitlines()[0]
        validity = int(re.findall(r" V(\d+)", header)[0])
        changed = re.sub(r" N\d+", " N1", header.replace(f"V{validity}", f"V{validity + 7}"))
        (path / "dovecot-uidlist").write_text(f"{changed}\n")
        for index in path.glob("dovecot.index*"):
            index.unlink()


@dataclass(frozen=True, slots=True)
class DovecotFolder:
    """A configured server that can be started, ended and started again."""

    binary: str
    folder: Path
    server: DovecotServer

    @contextlib.contextmanager
    def running(self) -> Iterator[DovecotServer]:
        command = [self.binary, "-F", "-c", str(self.folder / "dovecot.conf")]
        log, port = self.folder / "dovecot.log", self.server.port
        with running_process(SERVICE, command, log, lambda: accepts_connections(port)) as master:
            try:
                yield self.server
            finally:  # those that serve a connection would outlive their master
                os.killpg(master.pid, signal.SIGKILL)


@contextlib.contextmanager
def dovecot_server_for_tests() -> Iterator[DovecotServer]:
    """Yield a running server; raises ServiceMissing if none can be had."""
    with dovecot_folder_for_tests() as configured, configured.running() as server:
        yield server


@contextlib.contextmanager
def dovecot_folder_for_tests() -> Iterator[DovecotFolder]:
    """Yield a server that does not run yet; raises ServiceMissing if none can be had."""
    if _find_binary() is None:
        install_packages(SERVICE, "dovecot-imapd")
    binary = _find_binary()
    if binary is None:
        raise ServiceMissing(SERVICE, "installed, but the dovecot command is not found")
    with tempfile.TemporaryDirectory(prefix="servicedesk-dovecot-") as name:
        folder = Path(name)
        yield DovecotFolder(binary, folder, _configure(folder))


def _configure(folder: Path) -> DovecotServer:
    for part in ("run", "state", "mail", "keys/default/HS256"):
        (folder / part).mkdir(parents=True)
    make_certificate(folder)
    key, ports = secrets.token_urlsafe(32), (free_port(), free_port())
    (folder / "keys/default/HS256/default").write_text(base64.b64encode(key.encode()).decode())
    (folder / "oauth2.conf").write_text(OAUTH2.format(folder=folder))
    server = DovecotServer(*ports, "secret", folder / "mail", folder / "sink.pem", key)
    facts = {"port": server.port, "tls_port": server.tls_port, "password": server.password}
    users = _users_for(folder)
    (folder / "dovecot.conf").write_text(CONFIGURATION.format(folder=folder, **facts, **users))
    return server


def _base64(content: str | bytes) -> str:
    plain = content.encode() if isinstance(content, str) else content
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def _find_binary() -> str | None:
    return shutil.which("dovecot") or shutil.which("/usr/sbin/dovecot")


def _users_for(folder: Path) -> dict[str, str]:
    """Who runs the parts of the server; gives the mail folder to the one who reads it."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder / "mail", nobody.pw_uid, nobody.pw_gid)
        folder.chmod(0o755)
        internal_user, internal_group, login_user = "dovecot", "dovecot", "dovenull"
        mail_uid, mail_gid = nobody.pw_uid, nobody.pw_gid
    else:
        internal_user = login_user = getpass.getuser()
        internal_group = grp.getgrgid(os.getgid()).gr_name
        mail_uid, mail_gid = os.getuid(), os.getgid()
    return {
        "internal_user": internal_user,
        "internal_group": internal_group,
        "login_user": login_user,
        "mail_uid": str(mail_uid),
        "mail_gid": str(mail_gid),
    }
