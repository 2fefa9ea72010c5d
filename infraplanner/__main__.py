"""`python -m infraplanner` is the same as `infraplanner`."""

import sys

from infraplanner.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
