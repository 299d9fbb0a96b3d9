"""Where measured usage comes from: OpenCost's allocations and the engines' metrics in Prometheus."""
