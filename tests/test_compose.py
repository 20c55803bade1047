"""docker-compose.yml read as compose would read it: what it names exists. No Docker engine is needed, nor was one there to try it."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))


def test_the_services_and_their_profile() -> None:
    scale = {name for name, service in SERVICES.items() if service.get("profiles") == ["scale"]}
    assert scale == {"postgres", "nats"}
    assert set(SERVICES) - scale == {"app", "asterisk"}


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_exists(name: str) -> None:
    service = SERVICES[name]
    if build := service.get("build"):
        assert (ROOT / build["context"] / build["dockerfile"]).is_file()
        for source in build.get("additional_contexts", {}).values():
            assert source.removeprefix("service:") in SERVICES
    for other in service.get("depends_on", {}):
        assert "healthcheck" in SERVICES[other]
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or (ROOT / source).exists()


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"asterisk"}))
def test_a_service_that_stays_says_how_it_is(name: str) -> None:
    test = SERVICES[name]["healthcheck"]["test"]
    assert test[0] == "CMD"
    assert all((ROOT / word).is_file() for word in test if word.endswith(".py"))
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_every_volume_is_used() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert set(COMPOSE["volumes"]) == used


def test_no_image_floats_and_no_password_is_written_down() -> None:
    for name, service in SERVICES.items():
        if "build" not in service:
            assert re.search(r":\d", service["image"]), name
        for key, value in service.get("environment", {}).items():
            if "PASSWORD" in key or "URL" in key:
                assert value is None or value.startswith("${"), key


def test_ports_are_published_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.name)
def test_what_an_image_copies_and_runs_exists(path: Path) -> None:
    text = path.read_text()
    for source in re.findall(r"^COPY (\S+) ", text, re.MULTILINE):
        assert (ROOT / source).exists(), source
    for program in re.findall(r'"(docker/[\w.]+)"', text):
        assert (ROOT / program).is_file(), program


def test_the_image_has_what_the_engine_would_fetch() -> None:
    from cordboard.telephony.install import PACKAGES

    text = (ROOT / "docker/asterisk.Dockerfile").read_text()
    assert [package for package in PACKAGES if not re.search(rf"(^|\s){re.escape(package)}(\s|$)", text)] == []


def test_compose_itself_accepts_the_file() -> None:
    """Where the compose plugin is installed it is asked; elsewhere the tests above are what there is."""
    docker = shutil.which("docker")
    has_compose = (
        docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0
    )
    if docker and has_compose:
        for profile in ([], ["--profile", "scale"]):
            done = subprocess.run(
                [docker, "compose", *profile, "config", "-q"], cwd=ROOT, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
