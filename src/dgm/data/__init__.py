"""Data: bars as an exact distribution, handwritten digits small and full size."""
