"""What readers of a report see."""
