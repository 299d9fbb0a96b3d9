"""Rules about the engine's command line itself."""
