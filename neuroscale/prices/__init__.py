"""What accelerators, processors and memory cost by the hour, as a platform states it."""
