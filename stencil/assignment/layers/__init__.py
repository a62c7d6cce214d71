"""The layers of Parts 2 and 5: masking, attention, positions, normalisation, recurrence, blocks."""
