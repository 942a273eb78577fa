"""A real name server on 127.0.0.1 that knows what a test tells it, and nothing else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread

from dnslib import QTYPE, RCODE, RR, DNSRecord
from dnslib.server import BaseResolver, DNSHandler, DNSServer


class _Quiet:
    def __getattr__(self, _name: str) -> object:
        return lambda *_arguments: None


class Zone(BaseResolver):  # type: ignore[misc]  # dnslib ships no types
    """`records` are lines of a zone file; `asked` are the names that were looked up."""

    def __init__(self, records: str) -> None:
        self._records = RR.fromZone(records)
        self.asked: list[str] = []

    def resolve(self, request: DNSRecord, _handler: DNSHandler) -> DNSRecord:
        reply = request.reply()
        name, kind = request.q.qname, QTYPE[request.q.qtype]
        self.asked.append(f"{kind} {str(name).rstrip('.')}")
        here = [record for record in self._records if record.rname == name]
        for record in here:
            if QTYPE[record.rtype] == kind:
                reply.add_answer(record)
        if not here:
            reply.header.rcode = RCODE.NXDOMAIN
        return reply


@contextmanager
def dns_server(zone: Zone) -> Iterator[int]:
    """Serve the zone over UDP for the length of the block; its port."""
    server = DNSServer(zone, address="127.0.0.1", port=0, logger=_Quiet())
    thread = Thread(target=server.server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield int(server.server.server_address[1])
    finally:
        server.server.shutdown()
        thread.join()
        server.server.server_close()


def txt(name: str, *texts: str) -> str:
    """A TXT record; a text that is longer than 255 characters is given in parts (RFC 7208 §3.3)."""
    parts = [part for text in texts for part in _parts(text)]
    return f"{name}. 60 IN TXT " + " ".join(f'"{part}"' for part in parts)


def _parts(text: str) -> Sequence[str]:
    return [text[place : place + 200] for place in range(0, len(text), 200)] or [""]
