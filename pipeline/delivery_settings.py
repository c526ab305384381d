"""Settings of where the published night is carried to: one class per destination, none of them on by default.

Secrets do not belong here: a setting names the environment variable that holds one. What a delivery does is in
`pipeline.deliver`; lists that tools load are `exports:`.
"""

from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from pipeline.setting_types import Name, Section

VariableOfEnvironment = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Seconds = Annotated[int, Field(ge=1)]
MailAddress = Annotated[str, Field(pattern=r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+$")]


class PostgresSettings(Section):
    """A schema of a PostgreSQL database that holds the published tables of the last night."""

    url_variable: VariableOfEnvironment = "HUITOU_POSTGRES_URL"
    """Environment variable with the connection string (`postgresql://user:password@host:5432/database`)."""
    schema_name: Name = "huitou"
    tables: tuple[Name, ...] = ()
    """Published tables beside segment_members, segment_changes and customers, which always go."""
    connect_timeout_seconds: Seconds = 10
    lock_timeout_seconds: Seconds = 60
    """So long a delivery waits for those who lock its tables; then it fails and the next run tries again."""
    statement_timeout_seconds: Seconds = 1800


class S3Settings(Section):
    """A bucket of S3-compatible storage that keeps the files of the last nights."""

    bucket: Annotated[str, Field(min_length=3, max_length=63)]
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.=-]+(/[A-Za-z0-9_.=-]+)*$")] = "huitou"
    endpoint_url: Annotated[str, Field(pattern=r"^https?://[^/@]+/?$")] | None = None
    """Only for storage other than AWS; also taken from AWS_ENDPOINT_URL_S3."""
    region: str | None = None
    addressing: Literal["auto", "path", "virtual"] = "auto"
    """Where the bucket stands in the address; Aliyun OSS and Tencent COS want `virtual`, most own servers `path`."""
    checksum: Literal["sha256", "md5"] = "sha256"
    """What the storage checks every part by; `md5` for storage that does not know AWS's newer checksums."""
    include_lists: bool = False
    """Also upload the night's lists, which hold phone numbers and addresses."""
    keep_nights: Annotated[int, Field(ge=1)] = 14
    part_megabytes: Annotated[int, Field(ge=5, le=1024)] = 16
    attempts: Annotated[int, Field(ge=1, le=10)] = 5
    timeout_seconds: Seconds = 60


class SummarySettings(Section):
    """What the summary of the morning says beside the figures, and when it goes."""

    send_at: time = time(8, 0)
    """Under `huitou ui`, in the retailer's time zone; `huitou run` sends at its end."""
    page_url: Annotated[str, Field(pattern=r"^(https?://[^\s@]+)?$")] = ""
    """Where people open the report; `{as_of}` stands for the day. Without it the path on this machine is told."""


class MailSettings(Section):
    """A mail server, and who gets the summary by it; everybody gets a mail of their own."""

    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`none` only for a server on this machine: it never logs in."""
    sender: MailAddress
    to: Annotated[tuple[MailAddress, ...], Field(min_length=1)]
    user_variable: VariableOfEnvironment = "HUITOU_SMTP_USER"
    password_variable: VariableOfEnvironment = "HUITOU_SMTP_PASSWORD"  # noqa: S105 (the name of a variable)
    ca_file: str | None = None
    """Certificates that sign the server's own, where the system does not know them."""
    attach_report: bool = False
    """Attach the page of the report: figures alone, small groups hidden."""
    timeout_seconds: Seconds = 30


class WebhookSettings(Section):
    """One chat group that gets the summary. Its address is a secret."""

    url_variable: VariableOfEnvironment = "HUITOU_SUMMARY_URL"
    kind: Literal["wecom", "dingtalk", "feishu", "slack", "json"] | None = None
    """By default the host of the address tells."""
    secret_variable: VariableOfEnvironment | None = None
    """Environment variable with the secret that signs messages; dingtalk, feishu and json take signed ones."""


class DeliverySettings(Section):
    """Where the night goes once it is published; what is not named is not delivered."""

    postgres: PostgresSettings | None = None
    s3: S3Settings | None = None
    summary: SummarySettings = SummarySettings()
    mail: MailSettings | None = None
    webhook: tuple[WebhookSettings, ...] = ()
