"""Rules about what KServe makes of an object that it accepts."""
