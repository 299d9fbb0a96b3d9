"""Runs the service: `python -m actions_service`."""

from actions_service.command import main

if __name__ == "__main__":
    main(prog_name="python -m actions_service")
