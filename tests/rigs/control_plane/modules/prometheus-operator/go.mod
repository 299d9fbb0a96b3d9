module neuroscale.dev/tests/controlplane/prometheus-operator

go 1.26.3

// Read for its manifests, never compiled: the module is fetched alone, without what it imports.
require github.com/prometheus-operator/prometheus-operator v0.85.0
