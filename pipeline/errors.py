"""What is wrong, where, and how to mend it: the only exceptions that may reach a user.

No message may hold a personal value: name the file, the row and the column, never the content.
"""


class HuitouError(Exception):
    """A failure that a person can act on; `exit_code` is what the command ends with."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        sentence = ": ".join(part for part in (where, what) if part)
        stop = "" if not remedy or sentence.endswith((".", "!", "?")) else "."
        super().__init__(f"{sentence}{stop} {remedy}".rstrip())


class SettingsError(HuitouError):
    """Wrong usage, or settings and format files that cannot be obeyed."""

    exit_code = 2


class HeldError(HuitouError):
    """A stopped source or a failed blocking check: the last good night stays published."""

    exit_code = 3


class StoppedSourceError(HeldError):
    """A file of a source says something new: an unknown word, a renamed column, money that does not add up."""


class LockedError(HuitouError):
    """Another run works on the same workspace."""

    exit_code = 75


class DeliveryError(HuitouError):
    """The night is published and did not reach a destination; the next run tries again."""


class FileRefusedError(HuitouError):
    """One landing file that cannot be read without guessing; `code` is its reason in the ledger."""

    def __init__(self, code: str, what: str, *, where: str = "", remedy: str = "") -> None:
        self.code = code
        super().__init__(what, where=where, remedy=remedy)
