"""What a model is: config.json to ModelArchitecture, with exact parameter counts by component."""
