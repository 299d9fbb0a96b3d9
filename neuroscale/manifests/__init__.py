"""Kubernetes objects to serving workloads and autoscalers, and endpoints to Kubernetes objects."""
