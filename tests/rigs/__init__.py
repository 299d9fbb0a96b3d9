"""Real counterparts that the specifications run against: a control plane, a Backstage backend, a GitHub API."""
