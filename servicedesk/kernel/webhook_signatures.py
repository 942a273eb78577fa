"""Signatures of the webhooks that we call, as Standard Webhooks 1.0 has them
(standardwebhooks.com): HMAC-SHA256 over "id.timestamp.body".

Each address has a secret of its own, derived from the installation's keys: who receives at one
cannot forge a call to another. While an old key is kept, its secret signs beside the new one's.
"""

import base64
import hmac
from datetime import datetime

from servicedesk.kernel.secrets import Secrets

VERSION = "v1"
PREFIX = "whsec_"


def webhook_secrets(secrets: Secrets, url: str) -> list[str]:
    """Return what the receiver at the address is told, the newest first; each of them signs."""
    return [f"{PREFIX}{base64.b64encode(key).decode()}" for key in secrets.shared(f"webhook {url}")]


def signed_headers(
    signing: list[str], webhook_id: str, at: datetime, content: bytes
) -> dict[str, str]:
    """Return the three headers of one attempt `at` (aware). The id has no full stop in it."""
    timestamp = str(int(at.timestamp()))
    signed = f"{webhook_id}.{timestamp}.".encode() + content
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in signing),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    return f"{VERSION},{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
