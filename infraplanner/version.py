"""The program's version, apart from the package itself so that every room may name it without importing the session."""

__version__ = "0.1.0"
