module neuroscale.dev/tests/controlplane/open-reports

go 1.26.3

// Read for its manifests, never compiled: the module is fetched alone, without what it imports.
require github.com/openreports/reports-api v0.2.1
