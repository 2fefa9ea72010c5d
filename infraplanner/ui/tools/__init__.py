"""Tools: what the mouse does on the floor. One gesture is one drag session is one undo entry."""
