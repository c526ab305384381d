"""What went wrong with object storage, in our own words: what may pass is told apart from what a person must mend.

Texts of the library are never shown; they quote addresses and names of objects.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 (the library's name)
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    SSLError,
)

from pipeline.errors import DeliveryError

WHERE = "object storage"
BUSY_CODES = frozenset(
    {"BadDigest", "InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown", "Throttling",
     "ThrottlingException", "TooManyRequests", "XAmzContentChecksumMismatch"}
)  # fmt: skip
FIRST_SERVER_FAULT, TOO_MANY = 500, 429
ABSENT = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchUpload"})
NOT_ALLOWED = "the credentials do not allow it; docs/how-to-object-storage.md lists the rights that they need"
OTHER_REGION = "the bucket lies in another region; set delivery.s3.region"
REFUSALS = {
    "403": NOT_ALLOWED,
    "AccessDenied": NOT_ALLOWED,
    "AuthorizationHeaderMalformed": OTHER_REGION,
    "ExpiredToken": "the credentials have run out",
    "InvalidAccessKeyId": "the storage does not know the access key",
    "NoSuchBucket": "the bucket does not exist",
    "PermanentRedirect": OTHER_REGION,
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
    "SignatureDoesNotMatch": "the secret key does not fit the access key",
}
T = TypeVar("T")


class BusyError(DeliveryError):
    """What another try may not meet: the network, a busy storage, a part that was damaged on its way."""


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the library as DeliveryError, and as BusyError where another try may help."""
    try:
        yield
    except ClientError as error:
        raise _refused(error) from None
    except (NoCredentialsError, PartialCredentialsError):
        raise _error(DeliveryError, "there are no credentials in the environment") from None
    except SSLError:
        raise _error(DeliveryError, "no encrypted connection could be made; check delivery.s3.endpoint_url") from None
    except (ConnectionError, HTTPClientError, IncompleteReadError):
        raise _error(BusyError, "the storage cannot be reached") from None
    except BotoCoreError as error:
        raise _error(DeliveryError, f"the settings of it cannot be used ({type(error).__name__})") from None


def unless_absent(call: Callable[[], T]) -> T | None:
    """What the call gives; None where the object is not there."""
    try:
        return call()
    except ClientError as error:
        if _code(error) in ABSENT:
            return None
        raise


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _refused(error: ClientError) -> DeliveryError:
    code = _code(error)
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in BUSY_CODES or status >= FIRST_SERVER_FAULT or status == TOO_MANY:
        return _error(BusyError, f"the storage is busy or stumbles ({code})")
    return _error(DeliveryError, REFUSALS.get(code, f"the storage refused with {code or status}"))


def _error(kind: type[DeliveryError], what: str) -> DeliveryError:
    return kind(what, where=WHERE, remedy="The night itself is published; the next run tries again.")
