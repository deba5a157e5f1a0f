"""The manifests and the compose file of deploy/cluster: schemas where there are some, and our own rules.

Neither a cluster of Kubernetes nor Docker is asked here: what a schema cannot say (whether an image starts, whether a
probe's command works) is unproven, and docs/how-to/run-a-cluster.md says so.
"""

from __future__ import annotations

import copy
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from nullabona import extras
from nullabona.machine.settings import read_toml
from nullabona.operating.engine.files import plan_of, write_engine_files
from nullabona.processes.ports import free_port
from nullabona.processes.proxies import haproxy_program, replaced, self_signed, write_haproxy
from nullabona.relay.config import make_config
from nullabona.relay.store.bucket_opening import checked_bucket

yaml = pytest.importorskip("yaml", reason="make dev was not run since PyYAML is among its packages")
kubernetes = pytest.importorskip("kubernetes_validate", reason="make dev was not run since it is among its packages")
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/cluster"
GUIDES = ("docs/how-to/run-a-cluster.md", "docs/how-to/run-a-cluster.ko.md")
VERSION = "1.32"
"""The oldest version of Kubernetes that its makers still mend, about."""
MANIFESTS = {
    f"{path.stem}/{each['kind']}": each
    for path in sorted((FOLDER / "kubernetes").glob("*.yaml"))
    for each in yaml.safe_load_all(path.read_text("utf-8"))
}
SERVICES: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))["services"]
WORKLOADS = ("engine/StatefulSet", "relays/Deployment")


@pytest.mark.parametrize("name", MANIFESTS)
def test_kubernetes_knows_every_field(name: str) -> None:
    """Also no field that does not exist, at two versions."""
    for version in (VERSION, "1.37"):
        kubernetes.validate(copy.deepcopy(MANIFESTS[name]), version, strict=True)


@pytest.mark.parametrize(
    "path", [("replicas",), ("template", "spec", "containers", 0, "ports", 0, "containerPort")], ids=["top", "deep"]
)
@pytest.mark.parametrize("fault", ["type", "name"])
def test_a_fault_would_be_found(path: tuple[str | int, ...], fault: str) -> None:
    """A word for a number, and a field that is misspelt, at the top and deep inside."""
    planted = copy.deepcopy(MANIFESTS["engine/StatefulSet"])
    place: Any = planted["spec"]
    for step in path[:-1]:
        place = place[step]
    if fault == "type":
        place[path[-1]] = "six"
    else:
        place[f"{path[-1]}s"] = place[path[-1]]
    with pytest.raises(kubernetes.ValidationError):
        kubernetes.validate(planted, VERSION, strict=True)


def test_no_frame_can_reach_a_disk() -> None:
    """No claim, no path of the host: a node's two folders are memory, and nothing may be swapped."""
    spec = MANIFESTS["engine/StatefulSet"]["spec"]
    volumes = {each["name"]: each for each in spec["template"]["spec"]["volumes"]}
    (node,) = spec["template"]["spec"]["containers"]
    assert "volumeClaimTemplates" not in spec
    assert {"secret"} == {name for name, each in volumes.items() if each.get("emptyDir", {}).get("medium") != "Memory"}
    assert node["resources"]["requests"] == node["resources"]["limits"]
    nodes = [each for name, each in SERVICES.items() if name.startswith("node-")]
    assert [True] * 6 == [all(bound.endswith(":ro") for bound in each["volumes"]) for each in nodes]
    assert [] == [name for name, each in SERVICES.items() if each["mem_limit"] != each["memswap_limit"]]


@pytest.mark.parametrize("name", WORKLOADS)
def test_pods_run_without_rights(name: str) -> None:
    """No root, no more rights, no account of the cluster, a root folder that cannot be written."""
    spec = MANIFESTS[name]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert (False, True) == (spec["automountServiceAccountToken"], spec["securityContext"]["runAsNonRoot"])
    assert {"type": "RuntimeDefault"} == spec["securityContext"]["seccompProfile"]
    wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
    assert wanted == container["securityContext"]


def test_containers_run_without_rights() -> None:
    """The same of the compose file: nothing is logged, and no core is dumped."""
    for name, service in SERVICES.items():
        found = [service.get(key) for key in ("read_only", "cap_drop", "logging")]
        assert [True, ["ALL"], {"driver": "none"}] == found, name
        assert (["no-new-privileges:true"], 0) == (service["security_opt"], service["ulimits"]["core"]), name


def test_one_node_at_a_time_goes() -> None:
    """The budgets select the pods that there are, and a new version of a node's pod waits for a person."""
    for stem, kind in (name.split("/") for name in WORKLOADS):
        labels = MANIFESTS[f"{stem}/{kind}"]["spec"]["template"]["metadata"]["labels"]
        budget = MANIFESTS[f"{stem}/PodDisruptionBudget"]["spec"]
        assert (1, labels) == (budget["maxUnavailable"], budget["selector"]["matchLabels"])
        assert labels == MANIFESTS[f"{stem}/Service"]["spec"]["selector"]
    assert {"type": "OnDelete"} == MANIFESTS["engine/StatefulSet"]["spec"]["updateStrategy"]
    assert {"maxSurge": 1, "maxUnavailable": 0} == MANIFESTS["relays/Deployment"]["spec"]["strategy"]["rollingUpdate"]


def test_the_relays_settings_are_settings() -> None:
    """The example is a configuration, once the files are named that the units and manifests name."""
    settings = read_toml(FOLDER / "relay.toml", ())
    files = {name: f"/{name}" for name in ("engine_authority", "engine_password", "engine_keeper_password")}
    config = make_config({**settings, **files})
    assert (None, 3) == (config.data, len(config.engine.nodes if config.engine else ()))
    assert config.bucket, "the proxies and manifests spread people over processes, so all must have all files"


def test_the_extras_that_are_named_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tables of relay.toml need is what guide and images name, and what `make setup` brings."""
    settings = read_toml(FOLDER / "relay.toml", ())
    assert {"engine", "blobs"} <= settings.keys()
    bucket = make_config({"volatile": True, "blobs": settings["blobs"]}).bucket
    assert bucket
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(extras.ExtraMissing) as refused:
        checked_bucket(bucket, 2)
    (blobs_need,) = re.findall(r"\[(\w+)\]", str(refused.value.hint))
    needed = {"relay", "engine", blobs_need}
    images = (*GUIDES, "deploy/cluster/compose.yaml", "deploy/cluster/kubernetes/relays.yaml")
    named = {name: re.findall(r'EXTRAS="([^"]+)"', (ROOT / name).read_text("utf-8")) for name in images}
    named["deploy/Dockerfile"] = re.findall(
        r'--build-arg EXTRAS="([^"]+)"', (ROOT / "deploy/Dockerfile").read_text("utf-8")
    )
    assert {name: [needed] for name in named} == {
        name: [set(each.split()) for each in found] for name, found in named.items()
    }
    installed = [
        set(found.split(","))
        for name in GUIDES
        for found in re.findall(r"`(relay,[a-z0-9,]+)`", (ROOT / name).read_text("utf-8"))
    ]
    assert [needed, needed] == installed
    assert needed <= set(re.findall(r"--extra (\w+)", (ROOT / "Makefile").read_text("utf-8")))


def test_without_a_bucket_no_keys_are_needed() -> None:
    """The variant without [blobs] starts without the secret and without the file of the bucket's keys."""
    (container,) = MANIFESTS["relays/Deployment"]["spec"]["template"]["spec"]["containers"]
    assert [{"secretRef": {"name": "nullabona-bucket", "optional": True}}] == container["envFrom"]
    asked = [service["env_file"] for name, service in SERVICES.items() if name.startswith("relay-")]
    assert [[{"path": "./s3.env", "required": False}]] * 2 == asked


@pytest.mark.parametrize("guide", GUIDES)
def test_the_secret_has_what_a_pod_asks_for(guide: str, tmp_path: Path) -> None:
    """The guide's commands, with a kubectl that only says what it was given."""
    pods = [f"nullabona-engine-{number}" for number in range(MANIFESTS["engine/StatefulSet"]["spec"]["replicas"])]
    nodes = [f"{pod}.{MANIFESTS['engine/Service']['metadata']['name']}:7000" for pod in pods]
    place, state = Path("/node"), Path("/state")
    plan = plan_of(nodes, replicas=1, memory=2**30, newer=True, place=place, state=state)
    list(write_engine_files(plan, tmp_path / "engine"))
    (commands,) = re.findall(r"(?s)```sh\n(set -- .*?)```", (ROOT / guide).read_text("utf-8"))
    kubectl = tmp_path / "kubectl"
    kubectl.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    kubectl.chmod(0o700)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-euc", commands], cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, check=True
    )
    *command, name = done.stdout.splitlines()[:4]
    files = dict(line.removeprefix("--from-file=").split("=", 1) for line in done.stdout.splitlines()[4:])
    assert (["create", "secret", "generic"], "nullabona-engine") == (command, name)
    (node,) = MANIFESTS["engine/StatefulSet"]["spec"]["template"]["spec"]["containers"]
    (listed,) = re.findall(r"for name in ([^;]+);", node["args"][0])
    assert {"keeper"} | {f"{pod}.{each}" for pod in pods for each in listed.split()} == files.keys()
    assert all((tmp_path / file).is_file() for file in files.values())
    assert f"engine/nodes/{pods[3]}.nullabona-engine-7000/node.key" == files[f"{pods[3]}.node.key"]


def directives(name: str) -> set[str]:
    """What a proxy's configuration says, line by line, without comments."""
    lines = (FOLDER / name).read_text("utf-8").splitlines()
    return {re.sub(r"\s+#.*|^#.*", "", line).strip() for line in lines} - {"", "}"}


def test_names_change_nothing_but_the_way() -> None:
    """What keeps people's addresses from relays and logs is the same with several names as with one."""
    other = {line for line in directives("haproxy.cfg") - directives("names/haproxy.cfg") if "/metrics" not in line}
    assert {"defaults", "frontend people", "backend relays", "default_backend relays"} == {
        line for line in other if not re.fullmatch(r"server \w+ 127\.0\.0\.1:\d+", line)
    }
    assert {"upstream nullabona_relays {", "location = /metrics {", "proxy_pass http://nullabona_relays;"} == {
        line
        for line in directives("nginx.conf") - directives("names/nginx.conf")
        if not re.fullmatch(r"server 127\.0\.0\.1:\d+ max_fails=1 fail_timeout=2s;", line)
    }


def test_a_configuration_becomes_that_of_a_name() -> None:
    """By the two lines of the guide. The unit is that of all relays with another configuration."""
    table = read_toml(FOLDER / "relay.toml", ())
    files = dict.fromkeys(("engine_authority", "engine_password", "engine_keeper_password"), "x")
    config = make_config(table | files | {"name": "seoul-1", "blobs": table["blobs"] | {"prefix": "seoul-1/"}})
    assert config.engine is not None
    assert config.bucket is not None
    assert ("seoul-1", "seoul-1", "seoul-1/") == (config.name, config.engine.name, config.bucket.prefix)
    guide = (ROOT / GUIDES[0]).read_text("utf-8")
    assert "sed 's/cluster\\.toml/seoul-1.toml/' nullabona-relay@.service > nullabona-seoul-1@.service" in guide
    unit = (FOLDER / "nullabona-relay@.service").read_text("utf-8").replace("cluster.toml", "seoul-1.toml")
    assert " --config /etc/nullabona/seoul-1.toml --listen 127.0.0.1:%i " in unit


@pytest.mark.parametrize("guide", GUIDES)
def test_units_of_a_name_are_what_the_guide_makes(guide: str, tmp_path: Path) -> None:
    """They have the drop-in that names the nodes, and other ports than the relays of step 5."""
    text = (ROOT / guide).read_text("utf-8")
    (commands,) = re.findall(r"(?s)   cd /etc/systemd/system\n(.*?)   ```", text)
    (tmp_path / "nullabona-relay@.service").write_text((FOLDER / "nullabona-relay@.service").read_text("utf-8"))
    (tmp_path / "nullabona-relay@.service.d").mkdir()
    (tmp_path / "nullabona-relay@.service.d/nodes.conf").write_text("[Service]\nIPAddressAllow=192.0.2.21\n")
    systemctl = tmp_path / "systemctl"
    systemctl.write_text('#!/bin/sh\nprintf "%s\\n" "$*"\n')
    systemctl.chmod(0o700)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-euc", commands], cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, check=True
    )
    assert "IPAddressAllow=192.0.2.21" in (tmp_path / "nullabona-seoul-1@.service.d/nodes.conf").read_text()
    assert "/etc/nullabona/seoul-1.toml " in (tmp_path / "nullabona-seoul-1@.service").read_text()
    reload, start = done.stdout.splitlines()
    ports = re.findall(r"nullabona-seoul-1@(\d+)", start)
    assert ("daemon-reload", servers("names/haproxy.cfg")["seoul-1"]) == (reload, ports)
    (before,) = re.findall(r"systemctl enable --now (nullabona-relay@.*)", text)
    taken = re.findall(r"@(\d+)", before)
    assert taken == servers("haproxy.cfg")["relays"]
    named = [port for ports in servers("names/haproxy.cfg").values() for port in ports]
    assert len(set(taken + named)) == len(taken + named)
    assert named == re.findall(r"server 127\.0\.0\.1:(\d+)", (FOLDER / "names/nginx.conf").read_text("utf-8"))


def servers(name: str) -> dict[str, list[str]]:
    """The ports of each backend in a configuration of HAProxy."""
    parts = re.split(r"(?m)^backend (\S+).*$", (FOLDER / name).read_text("utf-8"))
    found = {
        backend: re.findall(r"server \w+ 127\.0\.0\.1:(\d+)", said)
        for backend, said in zip(parts[1::2], parts[2::2], strict=True)
    }
    return {backend: ports for backend, ports in found.items() if ports}


@pytest.mark.parametrize("guide", GUIDES)
def test_a_relay_without_a_name_stays_beside_the_names(guide: str, tmp_path: Path) -> None:
    """HAProxy complains about nothing in its example with the guide's line and backend."""
    if not (program := haproxy_program()):
        pytest.skip("haproxy is not installed")
    way, backend = re.findall(r"(?s)```haproxy\n(.*?)```", (ROOT / guide).read_text("utf-8"))
    example = (FOLDER / "names/haproxy.cfg").read_text("utf-8")
    example = replaced(example, {"    default_backend": f"{way}    default_backend"}) + f"\n{backend}"
    write_haproxy(example, {}, tmp_path, free_port(), *self_signed(tmp_path))
    command = [program, "-c", "-f", str(tmp_path / "haproxy.cfg")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    # It answers 0 also where it complains.
    assert (0, []) == (done.returncode, [line for line in done.stderr.splitlines() if "[ALERT]" in line])
