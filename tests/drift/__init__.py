"""What runs against what was declared."""
