"""What generated motion shows of its sentences: the one evaluation routine, its rows and tables, checks on joints."""

import utils  # noqa: F401 - first, see there
