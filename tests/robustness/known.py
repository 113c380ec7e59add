"""Cases that are known to fail, as beginnings or parts of their names, each with the reason. Empty when all is mended."""

KNOWN: dict[str, str] = {}
