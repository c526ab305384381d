"""`huitou verify-audit`: whether the log of exports is whole, and the files are what it says."""

from pipeline.errors import HuitouError
from pipeline.exports.audit_log import REMEDY, AuditLog
from pipeline.workspace import Workspace


def verify_export_log(workspace: Workspace) -> list[str]:
    """What was checked, in words. Raises HuitouError with every fault that was found."""
    log = AuditLog(workspace.state)
    faults = list(log.faults(workspace.exports, workspace.reports))
    if faults:
        raise HuitouError("; ".join(faults), where="export log", remedy=REMEDY)
    return [f"{len(log.lines())} lines of the export log and every manifest and file they tell of hold."]
