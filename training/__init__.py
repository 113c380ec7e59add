"""Training: the loop, its settings and losses, and the four stages that it trains."""

import utils  # noqa: F401 - first, see there
