"""Infraplanner: plan an AI data hall to scale and see power, memory, thermal and copper limits live."""

__version__ = "0.1.0"
