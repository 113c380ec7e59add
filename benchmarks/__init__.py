import utils  # noqa: F401 - first, see there
