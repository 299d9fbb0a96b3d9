"""Volumes as places to write to."""

from neuroscale.manifests.container import Container, VolumeMount
from neuroscale.manifests.documents import manifest_from_mapping
from neuroscale.manifests.fields import root
from neuroscale.manifests.volumes import mount_at, read_volumes


def test_volumes_are_told_apart_by_what_limits_them() -> None:
    pod = manifest_from_mapping({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"},
        "volumes": [
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}},
            {"name": "cache", "emptyDir": {}},
            {"name": "weights", "persistentVolumeClaim": {"claimName": "weights"}},
            {"name": "settings", "configMap": {"name": "settings"}},
        ],
    })  # fmt: skip
    volumes = read_volumes(root(pod))
    assert [(name, volume.kind, volume.is_memory, volume.size_limit) for name, volume in volumes.items()] == [
        ("shm", "emptyDir", True, "2Gi"),
        ("cache", "emptyDir", False, None),
        ("weights", "persistentVolumeClaim", False, None),
        ("settings", "other", False, None),
    ]


def test_a_path_lies_under_the_deepest_mount() -> None:
    container = Container(
        (), mounts=(VolumeMount("home", "/home/engine"), VolumeMount("cache", "/home/engine/cache/"))
    )
    assert mount_at(container, "/home/engine/cache/hub") == container.mounts[1]
    assert mount_at(container, "/home/engine/cache") == container.mounts[1]
    assert mount_at(container, "/home/engine/cache-other") == container.mounts[0]
    assert mount_at(container, "/models") is None
