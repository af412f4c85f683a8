"""Object stores that are reached over a network: S3, Google Cloud Storage, Azure, and plain HTTPS to read from.

obstore speaks to them. Who they are asked as comes from the environment, as each provider's own tools read it.
"""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from noctule.indexer.share.objects import EXTRA, MOST_BYTES, BadAddress, PlaceUnreachable, ShareError, VersionedValue

if TYPE_CHECKING:
    from obstore.store import ObjectStore as Client

BUCKETS = {"s3": "a bucket", "gs": "a bucket", "az": "an account and a container"}
PLAIN = ("https", "http")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
ALLOW_HTTP = "AWS_ALLOW_HTTP"
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
RETRIES = 5
_RETRIED_FOR_S = 90
_TIMEOUT = "60s"
_CONNECT_TIMEOUT = "10s"
_ADVICE = {
    "PermissionDeniedError": "check the rights of your account to this place (docs/share.md)",
    "UnauthenticatedError": "check the credentials in the environment (docs/share.md)",
    "NotSupportedError": "this place cannot do it; give another one",
}
_NO_BUCKET = re.compile(r"<Code>(NoSuchBucket|ContainerNotFound)<|specified bucket does not exist", re.IGNORECASE)
_METADATA = "169.254.169.254"
"""Where a client asks who it is on a provider's own machine, if nothing in the environment says so."""


def open_bucket(url: str) -> BucketStore:
    """Open an object store by its address. ShareError."""
    parts = urlsplit(url)
    is_plain = parts.scheme in PLAIN
    if not parts.netloc:
        raise BadAddress(f"{url} names no {'server' if is_plain else 'bucket'}", "see docs/share.md for examples")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise BadAddress("an address to share at holds no login, query or fragment", "put the key into the environment")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise BadAddress(f"{url} is not encrypted", "use https://")
    # Options win over the environment, where the user may allow a store on this machine.
    is_open = parts.scheme == "http" or os.environ.get(ALLOW_HTTP, "").lower() in ("1", "true")
    for name in _ENDPOINTS if parts.scheme == "s3" and not is_open else ():
        if os.environ.get(name, "").lower().startswith("http:"):
            advice = f"set {ALLOW_HTTP}=true if the store is on this machine, or in a network that you trust"
            raise BadAddress(f"{name} names a store without encryption", advice)
    try:
        from obstore.exceptions import BaseError
        from obstore.store import from_url
    except ImportError as error:
        raise ShareError(f"{parts.scheme}:// needs the extra 'share'", EXTRA) from error
    options: dict[str, Any] = {"timeout": _TIMEOUT, "connect_timeout": _CONNECT_TIMEOUT, "allow_http": is_open}
    retry: dict[str, Any] = {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=_RETRIED_FOR_S)}
    try:
        client = from_url(url, client_options=options, retry_config=retry)  # type: ignore[call-overload]
    except (BaseError, ValueError) as error:
        raise ShareError(f"cannot open {url}: {_reason(error)}", "see docs/share.md for examples") from error
    return BucketStore(client, url, can_write=not is_plain)


class BucketStore:
    """An object store."""

    def __init__(self, client: Client, url: str, *, can_write: bool) -> None:
        import obstore

        self._obstore = obstore
        self._failures = (obstore.exceptions.BaseError, OSError, ValueError)
        self._client = client
        self._url = url
        self._can_write = can_write

    def read(self, name: str) -> VersionedValue | None:
        """Return a value, None where there is none."""
        try:
            got = self._obstore.get(self._client, name)
            if got.meta["size"] > MOST_BYTES:
                raise ShareError(f"{name} at {self._url} is larger than anything that is shared", "publish it again")
            return VersionedValue(bytes(got.bytes()), _to_version(got.meta))
        except FileNotFoundError as error:
            self._refuse_absent(error)
            return None
        except self._failures as error:
            self._refuse("read", name, error)

    def has(self, name: str) -> bool:
        """Tell whether there is a value."""
        try:
            self._obstore.head(self._client, name)
        except FileNotFoundError:
            return False
        except self._failures as error:
            self._refuse("read", name, error)
        return True

    def create(self, name: str, data: bytes) -> bool:
        """Write a value where there is none; whether there was none."""
        return self._put(name, data, "create")

    def replace(self, name: str, data: bytes, version: str) -> bool:
        """Write a value in place of the one of this version; whether it was still there."""
        return self._put(name, data, json.loads(version))

    def names(self, prefix: str) -> list[str] | None:
        """Return the names below a prefix that ends in a slash; None where the place cannot tell."""
        if not self._can_write:
            return None  # a plain server lists nothing
        try:
            return sorted(str(one["path"]) for part in self._obstore.list(self._client, prefix) for one in part)
        except FileNotFoundError as error:
            self._refuse_absent(error)
            return []
        except self._failures as error:
            self._refuse("list", prefix, error)

    def _put(self, name: str, data: bytes, mode: Any) -> bool:  # noqa: ANN401 - as obstore takes it
        if not self._can_write:
            raise BadAddress(f"{self._url} can only be read", "publish at s3://, gs://, az:// or file://")
        refused = (self._obstore.exceptions.AlreadyExistsError, self._obstore.exceptions.PreconditionError)
        try:
            # In parts, a value would be written without its condition.
            self._obstore.put(self._client, name, data, mode=mode, use_multipart=False)
        except refused:
            return False
        except FileNotFoundError as error:  # the value to replace is gone, or there is no bucket
            self._refuse_absent(error)
            return False
        except self._failures as error:
            self._refuse("write", name, error)
        return True

    def _refuse_absent(self, error: Exception) -> None:
        """Raise where it is the bucket that is not there, and not a value in it. ShareError."""
        if _NO_BUCKET.search(str(error)):
            raise ShareError(f"there is no bucket at {self._url}", "make it, or check the address") from error

    def _refuse(self, what: str, name: str, error: Exception) -> NoReturn:
        self._refuse_absent(error)
        if _METADATA in str(error):
            why = f"nothing in the environment says who asks for {self._url}"
            raise ShareError(why, "set the credentials of your provider (docs/share.md)") from error
        why = f"cannot {what} {name} at {self._url}: {_reason(error)}"
        if advice := _ADVICE.get(type(error).__name__):
            raise ShareError(why, advice) from error
        advice = "check the address and the network, then run the same command again"
        raise PlaceUnreachable(why, advice) from error


def _to_version(meta: Any) -> str:  # noqa: ANN401 - obstore's own type exists for type checkers alone
    """Return what a value is replaced by: S3 and Azure compare the tag, Google a number."""
    return json.dumps({key: meta[key] for key in ("e_tag", "version") if meta.get(key)})


def _reason(error: Exception) -> str:
    """Return why a request failed, in one line, without what a server printed and without signed parts of addresses."""
    text = str(error).partition("Debug source")[0]
    if answered := re.search(r"status code: (\d{3}[^:<]*)", text):
        code = re.search(r"<Code>(\w{1,60})</Code>", text)
        return f"the server answered {answered[1].strip()}{f' ({code[1]})' if code else ''}"
    if "error sending request" in text:
        return "the server cannot be reached"
    return re.sub(r"\?\S*", "", " ".join(text.split()))[:200]
