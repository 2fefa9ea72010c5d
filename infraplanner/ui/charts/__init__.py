"""Charts of the bottom dock; each reads a ResultSnapshot and exposes what it shows."""
