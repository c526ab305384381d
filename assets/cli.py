"""The command `huitou`: usage, progress, and what the exit code says. No work is done here.

Dagster takes seconds to import, so only the commands that need it do.
"""

import atexit
import contextlib
import gc
import logging
import os
import sys
from collections.abc import Callable
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from pipeline.errors import HuitouError, SettingsError
from pipeline.workspace import Workspace

COLLECT_AFTER = (50_000, 20, 100)
"""New objects before Python looks for unreachable rings of them. A night loads some hundred thousand objects that
stay, and hardly ever drops a ring: Python's own 700 spends a twentieth of the night on looking."""

app = typer.Typer(
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


class _Printer(Console):
    """Where lines go. Whoever reads them may have had enough, as `head` has: that is no failure of the command."""

    def on_broken_pipe(self) -> None:
        """Say no more; the command goes on to its own end and exit code."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


out = _Printer(highlight=False, soft_wrap=True)
err = _Printer(stderr=True, highlight=False, soft_wrap=True)

Customers = Annotated[int, typer.Option(min=1, help="How many people the sample retailer knows.")]
Seed = Annotated[int, typer.Option(help="Same seed, same bytes.")]
HistoryDays = Annotated[int, typer.Option("--days", min=30, help="Days of history.")]
Until = Annotated[str, typer.Option(help="Last day, YYYY-MM-DD; a fixed day by default.")]
AsOf = Annotated[str, typer.Option("--as-of", help="Last day included, YYYY-MM-DD.")]
Publish = Annotated[bool, typer.Option("--publish", help="Publish a night earlier than the current one.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Tell every file on its own.")]
Version = Annotated[bool, typer.Option("--version", help="Print the version and stop.", is_eager=True)]
RollbackTo = Annotated[str, typer.Option("--to", help="Night to put back, YYYY-MM-DD; default: the one before.")]
PersonKey = Annotated[
    str,
    typer.Argument(
        metavar="KEY",
        help="Customer id, profile key, member number, account, phone, e-mail or order id; source:key tells whose.",
    ),
]
OtherKey = Annotated[
    str | None,
    typer.Argument(metavar="OTHER", help="A second key: why the two are one person or why not.", show_default=False),
]
CopyFile = Annotated[Path | None, typer.Option("--export", help="Write the person's own copy, unmasked, to this file.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the history of ids, so no personal data.")]
Port = Annotated[int, typer.Option(help="Port of the web pages.")]


@app.callback()
def workspace_option(
    context: typer.Context,
    workspace: Annotated[
        Path | None, typer.Option(envvar="HUITOU_WORKSPACE", help="Folder of one retailer; default: data/ here.")
    ] = None,
    *,
    version: Version = False,
) -> None:
    """Nightly customer analytics: many exports in, one reconciled customer record, scores and lists out."""
    if version:
        out.print(f"huitou {metadata.version('huitou')}")
        raise typer.Exit
    root = workspace or Path(__file__).resolve().parents[1] / "data"
    context.obj = Workspace(root.resolve())
    os.umask(0o077)
    _log_to_stderr()


@app.command()
def init(context: typer.Context) -> None:
    """Write a commented settings.yaml and the empty folders."""
    from assets.starting import start_workspace

    for line in start_workspace(context.obj):
        out.print(line, markup=False)


@app.command()
def check(context: typer.Context, *, verbose: Verbose = False) -> None:
    """Validate the settings and every landing file; nothing is written."""
    from assets.checking import check_workspace

    report = check_workspace(context.obj, verbose=verbose)
    for line in report.lines:
        out.print(line, markup=False)
    out.print(f"{report.file_count:,} files, {report.bad_files:,} of them not as a night could take them")
    if report.bad_files:
        err.print(f"{report.bad_files} of {report.file_count} files need attention, see above.")
        raise typer.Exit(1)


@app.command()
def run(context: typer.Context, as_of: AsOf = "", *, publish: Publish = False) -> None:
    """Run one night and publish it."""
    from assets.nightly import run_night

    _print_all(run_night(context.obj, parsed_day(as_of, "--as-of"), publish=publish))


@app.command()
def demo(
    context: typer.Context, customers: Customers = 20_000, seed: Seed = 7, days: HistoryDays = 730, until: Until = ""
) -> None:
    """Write a synthetic retailer into the workspace, run the night, and say what was found."""
    from assets.starting import people_lines, write_demo

    for line in write_demo(context.obj, customers, seed, days, parsed_day(until, "--until")):
        err.print(line)
    from assets.nightly import run_night

    _print_all(run_night(context.obj, None, publish=False))
    _print_all(people_lines(context.obj, customers))


@app.command()
def status(context: typer.Context) -> None:
    """What is published, and from what."""
    from assets.inspecting import status_lines

    _print_all(status_lines(context.obj))


@app.command()
def verify(context: typer.Context) -> None:
    """Every SHA-256 of the current snapshot and every reconciliation equation."""
    from assets.inspecting import verify_workspace

    _print_all(verify_workspace(context.obj))


@app.command()
def explain(context: typer.Context, key: PersonKey, other: OtherKey = None, export: CopyFile = None) -> None:
    """Why these profiles are one person, and what every score of theirs is made of; why two KEYs are one, or not."""
    if other is None:
        from assets.explaining import explain as tell
        from assets.explaining import write_copy

        return _print_all(tell(context.obj, key) if export is None else write_copy(context.obj, key, export.resolve()))
    if export is not None:
        raise SettingsError("--export writes the copy of one person", remedy="Give one KEY with it.")
    from assets.explaining_pairs import explain_pair

    return _print_all(explain_pair(context.obj, key, other))


@app.command()
def forget(context: typer.Context, key: PersonKey, reason: Reason = "request of the person") -> None:
    """Erase a person everywhere but in the landing files, which are listed."""
    from assets.forgetting import forget as erase

    _print_all(erase(context.obj, key, reason))


@app.command()
def rollback(context: typer.Context, to: RollbackTo = "") -> None:
    """Put an earlier published night back."""
    from assets.rebuilding import rollback as put_back

    _print_all(put_back(context.obj, parsed_day(to, "--to")))


@app.command()
def rebuild(context: typer.Context) -> None:
    """Make everything again from the spool, replaying the nights of the ledger."""
    from assets.rebuilding import rebuild as replay_nights

    _print_all(replay_nights(context.obj))


@app.command("verify-audit")
def verify_audit(context: typer.Context) -> None:
    """The chain of the export log, and every file that it and the manifests tell of."""
    from assets.auditing import verify_export_log

    _print_all(verify_export_log(context.obj))


@app.command()
def ui(context: typer.Context, port: Port = 3000) -> None:
    """Dagster's web pages and daemon on this workspace: schedule, sensor, history, checks."""
    from assets.webserver import serve

    serve(context.obj, port)


def parsed_day(text: str, option: str) -> date | None:
    """A day from the command line."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise SettingsError(f"{option} must be a day as YYYY-MM-DD", remedy="For example 2026-10-31.") from error


def _print_all(lines: list[str]) -> None:
    for line in lines:
        out.print(line, markup=False)


class _PlainFormatter(logging.Formatter):
    """Our own words: Dagster, which keeps warnings in its history, writes job and run into the record itself."""

    def format(self, record: logging.LogRecord) -> str:
        """One line with the time of day."""
        told = getattr(record, "dagster_meta", None)
        if told is not None and (message := told.get("orig_message")):
            record = logging.makeLogRecord({**record.__dict__, "msg": message, "args": None})
        return super().format(record)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_PlainFormatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("huitou")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def guarded(command: Callable[[], object]) -> int:
    """Run a command; a failure that a person can act on becomes its last words and its exit code."""
    try:
        command()
    except HuitouError as error:
        err.print(str(error), style="bold red", markup=False)
        return error.exit_code
    except OSError as error:
        told = f"{error.filename}: {error.strerror}" if error.filename else str(error) or "the system refused"
        err.print(f"{told}. Check disk and permissions.", markup=False)
        return 1
    except KeyboardInterrupt:
        err.print("stopped; nothing was published by this run")
        return 1
    return 0


def main() -> None:
    """Entry point of the console script."""
    gc.set_threshold(*COLLECT_AFTER)
    try:
        code = guarded(lambda: app(standalone_mode=True))
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End the process at once. Everything is closed; taking a million objects apart would only cost a second more."""
    atexit._run_exitfuncs()  # noqa: SLF001 (the only way to run them and nothing else)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)
