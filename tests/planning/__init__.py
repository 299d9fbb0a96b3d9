"""How the planner chooses."""
