"""Plans to and from files: reader, writer, saving, migrations, schema."""

from .plan_reader import PlanError, PlanFile, read_plan
from .plan_writer import plan_bytes
from .save import PlanLock, SaveError, save_plan

__all__ = ["PlanError", "PlanFile", "PlanLock", "SaveError", "plan_bytes", "read_plan", "save_plan"]
