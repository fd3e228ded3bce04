"""How a run that was to make a snapshot ended without one: said in its error and in the ledger."""

from __future__ import annotations

from parquetry import log
from parquetry.errors import INTERRUPTED, TERMINATED, ParquetryError, Terminated
from parquetry.lake import Lake, ledger
from parquetry.lake.ledger import Run


def failed(lake: Lake, run: Run | None, error: BaseException) -> None:
    """Say in the error and in the ledger how it ended; a lake that cannot be written has no ledger."""
    committed = run is not None and lake.committed_by(run.id)
    state = (
        f"this run's snapshot is committed and stands; {lake.state()}" if committed else f"unchanged; {lake.state()}"
    )
    code, exit_code = type(error).__name__, None
    if isinstance(error, ParquetryError):
        error.lake = error.lake or state
        code, exit_code = error.code, error.exit_code
    elif isinstance(error, KeyboardInterrupt | Terminated):
        error.add_note(f"lake:  {state}")
        code, exit_code = ("TERMINATED", TERMINATED) if isinstance(error, Terminated) else ("INTERRUPTED", INTERRUPTED)
    if run is None:
        return
    try:
        ledger.end(
            lake.store,
            run,
            code,
            exit_code=exit_code,
            snapshot=lake.current().number if committed else None,
            error=error.failed if isinstance(error, ParquetryError) else type(error).__name__,
        )
    except (ParquetryError, OSError):
        log.warning("ledger.not_written", run=run.id)
