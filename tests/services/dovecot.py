"""A Dovecot IMAP server with a configuration, a port and mailboxes of the run's own.

Always started, never one that runs: tests cut its connections and change its UIDVALIDITY.
"""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
ssl = no
disable_plaintext_auth = no
default_internal_user = {internal_user}
default_internal_group = {internal_group}
default_login_user = {login_user}
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
first_valid_gid = 1
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
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class DovecotServer:
    """Any user name signs in with `password` and has an empty mailbox of its own."""

    port: int
    password: str
    mail_folder: Path


@contextlib.contextmanager
def dovecot_server_for_tests() -> Iterator[DovecotServer]:
    """Yield a running server; raises ServiceMissing if none can be had."""
    if _find_binary() is None:
        install_packages(SERVICE, "dovecot-imapd")
    binary = _find_binary()
    if binary is None:
        raise ServiceMissing(SERVICE, "installed, but the dovecot command is not found")
    with tempfile.TemporaryDirectory(prefix="servicedesk-dovecot-") as name:
        folder, port, password = Path(name), free_port(), "secret"
        for part in ("run", "state", "mail"):
            (folder / part).mkdir()
        configuration = folder / "dovecot.conf"
        users = _users_for(folder)
        configuration.write_text(
            CONFIGURATION.format(folder=folder, port=port, password=password, **users)
        )
        command = [binary, "-F", "-c", str(configuration)]
        with running_process(
            SERVICE, command, folder / "dovecot.log", lambda: accepts_connections(port)
        ):
            yield DovecotServer(port, password, folder / "mail")


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
