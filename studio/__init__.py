"""The studio: generate, see and edit motion by its pose codes, in the browser. `python studio.py` opens it.

server: `app` (the addresses), `guard` (who may call them), `jobs` (one worker), `bench` (the model and what it makes),
`history` and `store` (sessions and their files), `view`, `forms`, `rows` (what the page is told), `exports`.
page: `assets`, plain HTML, CSS and JavaScript without a build step; the player's files are those of `visualization`.
"""

import utils  # noqa: F401 - first, see there
