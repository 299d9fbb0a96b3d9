"""A real Kubernetes control plane for tests: etcd, kube-apiserver, kube-controller-manager, KServe and KEDA CRDs.

`python -m tests.rigs.control_plane.build` builds it once from pinned Go modules; see `docs/deploy.md` for what it
proves and `toolchain` for where it is kept. Where the binaries come from, first match wins:

1. `NEUROSCALE_TEST_KUBECONFIG`: an existing cluster; nothing is started.
2. `KUBEBUILDER_ASSETS`: a folder with `etcd`, `kube-apiserver` and, if there is one, `kube-controller-manager`.
3. What the build left in `.toolchain/control-plane/` (or below `NEUROSCALE_TOOLCHAIN`).
"""
