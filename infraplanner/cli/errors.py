"""How the command line reports: plain sentences on stderr, exit codes 0 ok, 1 findings, 2 usage or bad input."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

from infraplanner import places

OK = 0
FINDINGS = 1
BAD_INPUT = 2


class UserError(Exception):
    """A problem the user can mend; each argument is one plain sentence."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


def complain(*sentences: str) -> int:
    """Print sentences on stderr, one a line, and return exit code 2."""
    for sentence in sentences:
        sys.stderr.write(sentence.rstrip() + "\n")
    return BAD_INPUT


def guarded(action: Callable[[], int]) -> int:
    """Run a command so that no traceback ever reaches the user."""
    from infraplanner.catalog.loader import CatalogError  # noqa: PLC0415 - `--help` needs none of this
    from infraplanner.io.plan_reader import PlanError  # noqa: PLC0415
    from infraplanner.model.document import DocumentError  # noqa: PLC0415

    try:
        return action()
    except UserError as error:
        return complain(*error.sentences)
    except (PlanError, CatalogError, DocumentError) as error:
        return complain(*str(error).splitlines())
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return complain(f"{place}{error.strerror or error}.")
    except KeyboardInterrupt:
        return complain("Stopped.")
    except Exception as error:  # the last line of defence: details go to a file, not to the terminal
        where = places.keep_details(traceback.format_exc())
        return complain(f"Internal error: {type(error).__name__}: {error}. Nothing was written. {where}")
