"""Imported by the scripts of this folder where they run as `python dataset/prepare/NAME.py`, from any directory.

Python then looks for modules in this folder; it is to look in the repository first, as `python -m dataset.prepare.NAME`
does. This folder stays on the path, because a script's worker processes import this module again.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
