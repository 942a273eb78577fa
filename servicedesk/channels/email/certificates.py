"""The certificate that the receiver shows, read again when its files change."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """`certificate` holds the whole chain (PEM), `key` its private key; both may be one file."""

    certificate: Path
    key: Path


class Certificate:
    """The TLS context of two files. A renewed certificate is shown without a restart."""

    def __init__(self, files: CertificateFiles) -> None:
        """Raises OSError and ssl.SSLError: a receiver does not start with a bad certificate."""
        self._files = files
        self._stamp = self._read_stamp()
        self._context = self._load()

    def context(self) -> ssl.SSLContext:
        """Return the context for the next connection: the last that could be read."""
        try:
            stamp = self._read_stamp()
            if stamp != self._stamp:
                self._context = self._load()
                self._stamp = stamp
                log.info("certificate_read_again")
        except (OSError, ssl.SSLError) as error:  # half written: it is looked at again
            log.warning("certificate_unreadable", error=type(error).__name__)
        return self._context

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._files.certificate, self._files.key)
        return context

    def _read_stamp(self) -> tuple[tuple[int, int], ...]:
        facts = [path.stat() for path in (self._files.certificate, self._files.key)]
        return tuple((fact.st_mtime_ns, fact.st_ino) for fact in facts)
