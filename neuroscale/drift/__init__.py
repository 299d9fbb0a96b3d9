"""What runs against what was declared, in the terms of the rules: pure, and blind to everything no rule reads."""
