"""What a developer gets from a portal: specifications against a real Backstage."""
