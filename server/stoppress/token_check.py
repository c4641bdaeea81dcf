"""Checks the tokens of requests, and limits how many wrong ones an address may send.

Without a limit, one client can try a thousand tokens a second. Above the limit, tokens from that address are refused
without being looked up, so further attempts are useless. A token that this process accepted before is still checked:
editors who share the attacker's address, as behind a proxy that STOPPRESS_TRUSTED_PROXIES lacks, can go on working.

Both tables are bounded, so an attacker with many addresses can't fill the memory. The oldest entries are dropped first.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from stoppress.errors import Limited, Unauthenticated
from stoppress.store.base_tokens import Tokens
from stoppress.token_scopes import OPERATOR, Caller
from stoppress.token_secrets import recognise, token_id

WINDOW = 60  # seconds from an address's first wrong token until its count begins anew
ADDRESSES_MAX = 10_000  # addresses whose wrong tokens are counted; about 2 MB
ACCEPTED_MAX = 1_000  # accepted tokens that are remembered, as digests


class TokenCheck:
    """Finds the caller of a token. `failures` is how many wrong tokens an address may send a minute; 0: no limit."""

    def __init__(self, tokens: Tokens, admin_token: str | None, failures: int, clock: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._admin_token = admin_token
        self._allowed = failures
        self._clock = clock
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()  # when the count began, and the count
        self._accepted: OrderedDict[bytes, None] = OrderedDict()

    async def identify(self, authorization: str, address: str) -> Caller:
        """The caller that sends this value of `Authorization` from `address`.

        The token is looked up each time, so a revoked token is refused at once.

        Raises:
            Unauthenticated: the token is malformed, unknown, expired or revoked.
            Limited: the address has sent too many wrong tokens.
            Unavailable: the store can't be reached.
        """
        scheme, _, text = authorization.partition(" ")
        text = text.strip()
        network = _network(address)
        digest = hashlib.sha256(text.encode()).digest()
        if digest not in self._accepted:
            self._check_failures(network)
        try:
            if scheme.lower() != "bearer" or not text:
                raise Unauthenticated(f"expected 'Authorization: Bearer TOKEN', but got the scheme {scheme[:20]!r}")
            caller = await self._find(text)
        except Unauthenticated:
            self._accepted.pop(digest, None)
            self._count_failure(network)
            raise
        self._accepted[digest] = None
        self._accepted.move_to_end(digest)
        if len(self._accepted) > ACCEPTED_MAX:
            self._accepted.popitem(last=False)
        return caller

    async def may_read(self, blog: str, authorization: str, address: str) -> bool:
        """Whether the sender of this `Authorization` may read a private blog.

        A wrong token is no error here: nobody is to learn from it that the blog exists. Raises Unavailable.
        """
        try:
            return (await self.identify(authorization, address)).may("read", blog)
        except (Unauthenticated, Limited):
            return False

    async def _find(self, text: str) -> Caller:
        if self._admin_token and hmac.compare_digest(text.encode(), self._admin_token.encode()):
            return OPERATOR
        name = token_id(text)
        return recognise(text, await self._tokens.get(name) if name else None, self._clock())

    def _check_failures(self, network: str) -> None:
        began, count = self._failures.get(network, (0.0, 0))
        left = began + WINDOW - self._clock().timestamp()
        if self._allowed and count >= self._allowed and left > 0:
            raise Limited(
                f"your address has sent {count} wrong tokens within a minute; try again in {math.ceil(left)} s",
                math.ceil(left),
            )

    def _count_failure(self, network: str) -> None:
        now = self._clock().timestamp()
        began, count = self._failures.get(network, (now, 0))
        if now >= began + WINDOW:
            self._failures.pop(network)
            began, count = now, 0
        self._failures[network] = began, count + 1
        if len(self._failures) > ADDRESSES_MAX:
            self._failures.popitem(last=False)


def _network(address: str) -> str:
    """The addresses that count as one client: an IPv4 address, or an IPv6 network of 64 bits, which is one client's."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
