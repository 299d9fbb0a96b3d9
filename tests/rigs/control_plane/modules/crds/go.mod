module neuroscale.dev/tests/controlplane/crds

go 1.26.3

require (
	github.com/kedacore/keda/v2 v2.20.2
	github.com/kserve/kserve v0.20.0
)
