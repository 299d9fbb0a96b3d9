"""The rig itself: that what the other tests stand on is a real Kubernetes API."""
