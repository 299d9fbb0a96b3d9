"""Where a model's configuration is read from: files, hubs, object stores and web servers, with bounds on each."""
