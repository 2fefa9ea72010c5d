"""Panels in the docks: catalogue, plan tree, layers, walls, inspector, findings, history, welcome page."""
