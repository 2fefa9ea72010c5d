"""Predictions against published measurements, benchmarks of the program itself, and synthetic plans."""
