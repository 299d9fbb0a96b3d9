module neuroscale.dev/tests/controlplane/crds

go 1.26.3

// Read for their manifests, never compiled: the modules are fetched alone, without what they import.
require (
	github.com/cert-manager/cert-manager v1.21.2
	github.com/kedacore/keda/v2 v2.20.2
	github.com/kserve/kserve v0.20.0
	sigs.k8s.io/lws v0.9.0
)
