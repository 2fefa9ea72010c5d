"""Commands: the only way to change a plan. No Qt, no engine."""

from .connect import AssignPool, Connect, PinMedium, Reroute, SetLoop
from .fabric import GenerateFabric, SetLightPaths
from .fields import PutRecords, RemoveRecords, ReplaceTable, SetFields
from .place import Delete, Duplicate, Move, MoveTo, Place, PlaceRow, Rotate
from .pools import SplitPool
from .scenario import ApplyScenario, SaveScenario
from .transaction import Command, EditError, Transaction
from .undo import DragSession, UndoStack

__all__ = [
    "ApplyScenario", "AssignPool", "Command", "Connect", "Delete", "DragSession", "Duplicate", "EditError",
    "GenerateFabric", "Move", "MoveTo", "PinMedium", "Place", "PlaceRow", "PutRecords", "RemoveRecords", "ReplaceTable",
    "Reroute", "Rotate", "SaveScenario",
    "SetFields", "SetLightPaths", "SetLoop", "SplitPool", "Transaction", "UndoStack",
]  # fmt: skip
