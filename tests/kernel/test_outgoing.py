"""Calls to the outside never end up inside, whatever a name says and however often it is asked."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from servicedesk.domain.errors import BadInput, Unavailable
from servicedesk.kernel.http.outgoing import (
    MOST_ANSWER_BYTES,
    AddressRefused,
    Call,
    Outgoing,
    may_reach,
)
from tests.fakes.http_server import Asked, answering, http_server
from tests.fakes.smtp_sink import make_certificate

HERE = [ip_network("127.0.0.0/8")]


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # where clouds hand out credentials
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # an address to refuse, nothing is bound
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fec0::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("2002:7f00:1::", False),  # 6to4 of 127.0.0.1
        ("64:ff9b::a00:1", False),  # NAT64 of 10.0.0.1
        ("64:ff9b::5db8:d822", True),
        ("64:ff9b:1::5db8:d822", False),  # a network's own NAT64
        ("::127.0.0.1", False),  # IPv4-compatible, no longer used
        ("::10.0.0.1", False),
    ],
)
def test_only_the_open_internet_is_reached(address: str, reached: bool) -> None:
    assert may_reach(ip_address(address)) is reached


def test_networks_that_are_allowed_are_reached_in_any_spelling() -> None:
    assert may_reach(ip_address("::ffff:127.0.0.1"), HERE)
    assert not may_reach(ip_address("10.0.0.1"), HERE)


async def test_answer_comes_back_whole_and_the_name_stays_in_host() -> None:
    async def everything_is_here(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    def answer(asked: Asked) -> bytes:
        return answering("201 Created", asked.body.upper())

    async with http_server(answer) as server:
        url = f"http://hooks.example:{server.port}/a?b=c"
        outgoing = Outgoing(HERE, resolve=everything_is_here)
        got = await outgoing.call(Call("POST", url, b"hello", {"x-key": "1"}))
    assert (got.status, got.content) == (201, b"HELLO")
    assert server.asked[0].line == "POST /a?b=c HTTP/1.1"
    assert server.asked[0].headers["host"] == f"hooks.example:{server.port}"
    assert server.asked[0].headers["x-key"] == "1"


async def test_certificate_is_checked_against_the_name(tmp_path: Path) -> None:
    tls, trusting = make_certificate(tmp_path)

    async def everything_is_here(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    async with http_server(lambda _asked: answering("200 OK", b"{}"), tls) as server:
        outgoing = Outgoing(HERE, resolve=everything_is_here, tls_context=trusting)
        named = await outgoing.call(Call("GET", f"https://127.0.0.1:{server.port}/"))
        with pytest.raises(Unavailable):
            await outgoing.call(Call("GET", f"https://other.example:{server.port}/"))
    assert named.status == 200


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}/", "http://[::ffff:127.0.0.1]:{}/"])
async def test_private_address_is_refused_and_nobody_is_called(url: str) -> None:
    async with http_server(lambda _asked: answering("200 OK", b"")) as server:
        with pytest.raises(AddressRefused, match="SERVICEDESK_OUTGOING_ALLOWED"):
            await Outgoing().call(Call("GET", url.format(server.port)))
    assert server.asked == []


async def test_one_private_address_among_several_is_refused() -> None:
    async def half_inside(_host: str, _port: int) -> Sequence[str]:
        return ["93.184.216.34", "10.0.0.1"]

    with pytest.raises(AddressRefused):
        await Outgoing(resolve=half_inside).call(Call("GET", "https://x.example/"))


async def test_name_is_asked_once_so_that_it_cannot_change_its_mind() -> None:
    answers = [["127.0.0.1"], ["10.0.0.1"]]

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        return answers.pop(0)

    async with http_server(lambda _asked: answering("200 OK", b"")) as server:
        outgoing = Outgoing(HERE, resolve=rebinding)
        await outgoing.call(Call("GET", f"http://x.example:{server.port}/"))
    assert len(answers) == 1


async def test_redirect_is_an_answer() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"
    async with http_server(lambda _asked: moved) as server:
        got = await Outgoing(HERE).call(Call("GET", f"http://127.0.0.1:{server.port}/"))
    assert (got.status, got.headers["location"]) == (302, "http://10.0.0.1/")


async def test_answer_without_end_is_cut_off() -> None:
    endless = answering("200 OK", b"x" * (MOST_ANSWER_BYTES + 1))
    async with http_server(lambda _asked: endless) as server:
        with pytest.raises(Unavailable, match="too long"):
            await Outgoing(HERE).call(Call("GET", f"http://127.0.0.1:{server.port}/"))


async def test_silence_is_given_up_in_time() -> None:
    silent = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    with pytest.raises(Unavailable, match="does not answer"):
        await Outgoing(HERE).call(Call("GET", f"http://127.0.0.1:{port}/", seconds=0.2))
    silent.close()


@pytest.mark.parametrize("url", ["", "ftp://x/", "file:///etc/passwd", "http://", "http://u:p@x/"])
async def test_what_is_no_http_address_is_refused(url: str) -> None:
    with pytest.raises(BadInput):
        await Outgoing().call(Call("GET", url))
