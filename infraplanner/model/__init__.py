"""The plan as data: entities, ids, document, change sets, geometry. No Qt, no NumPy."""
