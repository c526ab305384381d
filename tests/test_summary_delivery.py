"""The summary as a user gets it: at the end of `huitou run`, once, and again only for who did not get it."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mail_server import PASSWORD, USER, MailServer, serving

from pipeline.workspace import Workspace

pytestmark = pytest.mark.slow
Huitou = Callable[..., subprocess.CompletedProcess[str]]
BOSS, CLERK = "boss@shop.example", "clerk@shop.example"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    monkeypatch.setenv("HUITOU_SMTP_USER", USER)
    monkeypatch.setenv("HUITOU_SMTP_PASSWORD", PASSWORD)
    with serving(tmp_path, "starttls") as server:
        yield server


@pytest.fixture
def workspace(tiny_sample: Workspace, server: MailServer, tmp_path: Path) -> Workspace:
    """The tiny sample, published before anybody asked for its summary."""
    shutil.copytree(tiny_sample.root, tmp_path / "data", symlinks=True)
    made = Workspace(tmp_path / "data")
    mail = (
        f"delivery:\n  mail: {{host: localhost, port: {server.port}, sender: huitou@shop.example,"
        f" to: [{BOSS}, {CLERK}], ca_file: {server.ca_file}, attach_report: true}}\n"
    )
    with made.settings_file.open("a", encoding="utf-8") as file:
        file.write(mail)
    return made


def test_once_to_everybody_however_often_the_night_is_run(
    workspace: Workspace, server: MailServer, run_huitou: Huitou
) -> None:
    server.mailbox.refused = (CLERK,)
    first = run_huitou(workspace.root, "run")
    assert first.returncode == 0, first.stderr
    assert "Nothing has changed" in first.stdout, "where the night goes does not change the night"
    assert "mail to recipient 2: the server refused the recipient with code 550" in first.stdout + first.stderr
    assert [letter["To"] for letter in server.mailbox.letters] == [BOSS]

    server.mailbox.refused = ()
    second, third = (run_huitou(workspace.root, "run") for _ in range(2))
    assert "The summary of the night went to 1 recipients." in second.stdout
    assert "summary" not in third.stdout
    assert [letter["To"] for letter in server.mailbox.letters] == [BOSS, CLERK]

    letter = server.mailbox.letters[0]
    (page,) = letter.iter_attachments()
    assert "<!doctype html>" in page.get_content().lower()
    assert letter.get_body(("html",)) is not None
    for done in (first, second, third):
        said = done.stdout + done.stderr
        assert not [secret for secret in (BOSS, CLERK, PASSWORD) if secret in said]
