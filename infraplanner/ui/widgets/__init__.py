"""Widgets worth writing once; everything else is plain Qt with the style sheet."""
