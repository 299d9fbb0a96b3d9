"""What the cluster holds, kept in memory by watches, so that judging a review never waits for anything."""
