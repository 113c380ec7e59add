"""What all packages build on. Imported first by each of them, so that Ctrl-C while a script starts is no traceback."""

import sys
from pathlib import Path
from types import TracebackType

_otherwise = sys.excepthook


def _one_line_for_ctrl_c(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Say "interrupted" where one of our scripts is stopped while it still imports; Python then exits with 130.

    `utils.runtime.run_script` does the same for all that follows. Programs of others keep their own ways.
    """
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    ours = main is not None and Path(main).resolve().is_relative_to(Path(__file__).resolve().parents[1])
    if ours and issubclass(kind, KeyboardInterrupt):
        print("\ninterrupted", file=sys.stderr)
    else:
        _otherwise(kind, error, trace)


sys.excepthook = _one_line_for_ctrl_c
