"""Guarded reading and canonical writing of the YAML that plans, profiles and rules are kept in."""

from .convert import Unit, convert
from .emit import emit_line, emit_scalar, escape
from .files import read_file
from .limits import LIMITS, Limits
from .nodes import Node, read_tree
from .problems import Problem, TextError
from .records import RecordFile, read_records

__all__ = [
    "LIMITS",
    "Limits",
    "Node",
    "Problem",
    "RecordFile",
    "TextError",
    "Unit",
    "convert",
    "emit_line",
    "emit_scalar",
    "escape",
    "read_file",
    "read_records",
    "read_tree",
]
