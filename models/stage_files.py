"""The stages' names, see `utils.stage_files`."""

from utils.stage_files import STAGES, TRAINED_ON, StageFiles

__all__ = ["STAGES", "TRAINED_ON", "StageFiles"]
