"""Commands: the only way to change a plan. No Qt, no engine."""

from .connect import AssignPool, Connect, PinMedium, SetLoop
from .fabric import GenerateFabric, SetLightPaths
from .fields import PutRecords, SetFields
from .place import Delete, Duplicate, Move, MoveTo, Place, PlaceRow, Rotate
from .scenario import ApplyScenario, SaveScenario
from .transaction import Command, EditError, Transaction
from .undo import DragSession, UndoStack

__all__ = [
    "ApplyScenario",
    "AssignPool",
    "Command",
    "Connect",
    "Delete",
    "DragSession",
    "Duplicate",
    "EditError",
    "GenerateFabric",
    "Move",
    "MoveTo",
    "PinMedium",
    "Place",
    "PlaceRow",
    "PutRecords",
    "Rotate",
    "SaveScenario",
    "SetFields",
    "SetLightPaths",
    "SetLoop",
    "Transaction",
    "UndoStack",
]
