"""Serving engines: command line and environment to EngineSettings, and facts by engine version."""
