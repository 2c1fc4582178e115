"""The chart as helm renders it."""

import os
import subprocess
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "vestnik"
SETS = ("minimal", "production", "roles")
RELEASE, NAMESPACE = "notices", "agency"


def helm(*arguments: str) -> subprocess.CompletedProcess:
    command = [os.environ["VESTNIK_TEST_HELM"], *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def template(values: str, *arguments: str) -> subprocess.CompletedProcess:
    """`helm template` with a set of values from ci/."""
    given = ["--values", str(CHART / "ci" / f"{values}.yaml")]
    return helm("template", RELEASE, str(CHART), "--namespace", NAMESPACE, *given, *arguments)


@cache
def objects(values: str, *arguments: str) -> list[dict]:
    """The objects of a release with this set of values."""
    said = template(values, *arguments)
    if said.returncode:
        raise AssertionError(f"helm template {values} {arguments}: {said.stderr}")
    return [one for one in yaml.safe_load_all(said.stdout) if one]


def of_kind(everything: list[dict], kind: str) -> list[dict]:
    return [one for one in everything if one["kind"] == kind]


def name_of(one: dict) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


def component(one: dict) -> str:
    return one["metadata"]["labels"]["app.kubernetes.io/component"]


def workloads(everything: list[dict]) -> list[dict]:
    """What has pods."""
    return [one for one in everything if one["kind"] in ("Deployment", "Job")]


def pod(workload: dict) -> dict:
    return workload["spec"]["template"]["spec"]


def pod_labels(workload: dict) -> dict:
    return workload["spec"]["template"]["metadata"]["labels"]


def container(workload: dict) -> dict:
    """The one container of a workload's pods."""
    inner = pod(workload)
    assert "initContainers" not in inner and len(inner["containers"]) == 1, name_of(workload)
    return inner["containers"][0]


def variables(workload: dict) -> dict:
    """The variables of the container that stand in the chart, as the process sees them."""
    literal = [one for one in container(workload)["env"] if "value" in one]
    for one in literal:
        assert "$" not in one["value"].replace("$$", ""), f"{one}: Kubernetes may expand it"
    return {one["name"]: one["value"].replace("$$", "$") for one in literal}


def secrets(workload: dict) -> dict:
    """The variables that come from a Secret, each with its place."""
    given = [one for one in container(workload)["env"] if "value" not in one]
    return {one["name"]: one["valueFrom"]["secretKeyRef"] for one in given}


def is_hook(one: dict) -> bool:
    return "helm.sh/hook" in one["metadata"].get("annotations", {})


def weight(hook: dict) -> int:
    return int(hook["metadata"]["annotations"]["helm.sh/hook-weight"])


def chosen(selector: dict, everything: list[dict]) -> list[dict]:
    """The workloads whose pods these labels choose."""
    return [one for one in workloads(everything) if selector.items() <= pod_labels(one).items()]
