"""The program understands what the chart and the compose file give it."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import yaml
from pip._vendor import certifi

from rendered import ROOT, SETS, container, name_of, objects, of_kind, pod, secrets, variables, workloads

# Made-up secrets of the forms that their providers give them.
MADE_UP = {
    "VESTNIK_MASTER_KEY": "0123456789abcdef0123456789abcdef",
    "VESTNIK_POSTGRES_URL": "postgres://vestnik:made-up@database/vestnik",
    "VESTNIK_AMQP_URL": "amqps://vestnik:made-up@broker/vestnik",
    "VESTNIK_REDIS_URL": "rediss://vestnik:made-up@redis:6379/0",
    "VESTNIK_SMTP_PASSWORD": "made-up",
    "VESTNIK_SMPP_PASSWORD": "made-up",
    "VESTNIK_PORTAL_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    "VESTNIK_TELEGRAM_TOKEN": "1234567890:made-up",
    "VESTNIK_VIBER_TOKEN": "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9",
}

# The files that the providers' sides leave for the gateway, each with the form of its secret.
LEFT = {
    "email": "VESTNIK_SMTP_PASSWORD",
    "portal": "VESTNIK_PORTAL_SECRET",
    "sms": "VESTNIK_SMPP_PASSWORD",
    "telegram": "VESTNIK_TELEGRAM_TOKEN",
    "viber": "VESTNIK_VIBER_TOKEN",
}


def vestnik(arguments, variables) -> subprocess.CompletedProcess:
    """Runs the program with these variables and no others."""
    command = [os.environ["VESTNIK_TEST_PROGRAM"], *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=60)


def configuration(workload: dict, everything: list[dict], folder: str) -> Path:
    """The pod's folder of the configuration: the image's, with the files that are mounted over it."""
    config = Path(folder) / "config"
    shutil.copytree(ROOT / "config", config)
    maps = {one["metadata"]["name"]: one["data"] for one in of_kind(everything, "ConfigMap")}
    volumes = {one["name"]: one.get("configMap", {}).get("name") for one in pod(workload).get("volumes", [])}
    for mount in container(workload).get("volumeMounts", []):
        inside = Path(mount["mountPath"])
        if inside.is_relative_to("/etc/vestnik"):
            target = config / inside.relative_to("/etc/vestnik")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(maps[volumes[mount["name"]]][mount["subPath"]])
    return config


class Program(unittest.TestCase):
    def check(self, workload, everything, more=()):
        """`vestnik check` as it would run in this workload's pod."""
        with tempfile.TemporaryDirectory() as folder:
            given = variables(workload) | dict(more)
            given["VESTNIK_CONFIG"] = str(configuration(workload, everything, folder))
            # A bundle that is mounted in the cluster is not here.
            given.pop("SSL_CERT_FILE", None)
            return vestnik(["check"], given)

    def test_every_setting_is_known_and_every_secret_is_there(self):
        for values in SETS:
            everything = objects(values)
            for workload in of_kind(everything, "Deployment"):
                with self.subTest(values=values, workload=name_of(workload)):
                    given = {name: MADE_UP[name] for name in secrets(workload)}
                    said = self.check(workload, everything, given)
                    self.assertEqual(said.returncode, 0, said.stderr)
                    self.assertNotIn("Not set here", said.stdout)
                    self.assertIn("PostgreSQL", said.stdout)
                    self.assertEqual("RabbitMQ" in said.stdout, "VESTNIK_AMQP_URL" in given)

    def test_the_migration_can_read_the_configuration_and_has_the_database(self):
        for values in SETS:
            everything = objects(values)
            (job,) = of_kind(everything, "Job")
            said = self.check(job, everything, {"VESTNIK_POSTGRES_URL": MADE_UP["VESTNIK_POSTGRES_URL"]})
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertNotIn("VESTNIK_POSTGRES_URL", said.stdout)

    def test_whole_files_are_read_in_place_of_the_images(self):
        everything = objects("production", "--set", r"files.identity\.toml=phone = 1")
        (deployment,) = of_kind(everything, "Deployment")
        said = self.check(deployment, everything)
        self.assertEqual(said.returncode, 2)
        self.assertIn("identity.toml:1:9: ", said.stderr)

    def test_a_setting_that_nobody_knows_would_be_seen(self):
        everything = objects("minimal", "--set", "settings.channels.sms.routs.main.port=1")
        (deployment,) = of_kind(everything, "Deployment")
        said = self.check(deployment, everything)
        self.assertEqual(said.returncode, 2)
        self.assertIn("VESTNIK__CHANNELS__SMS__ROUTS__MAIN__PORT", said.stderr)

    def test_every_command_is_known(self):
        commands = {
            tuple(container(workload)["args"]) for values in SETS for workload in workloads(objects(values))
        }
        self.assertIn(("serve",), commands)
        for command in commands:
            with self.subTest(command=command):
                said = vestnik([*command, "--help"], {})
                self.assertEqual(said.returncode, 0, said.stderr)

    def test_the_compose_file_speaks_of_what_the_program_knows(self):
        services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
        ours = {name: one for name, one in services.items() if one["image"].startswith("vestnik")}
        self.assertEqual(ours.keys(), {"migrate", "providers", "gateway-1", "gateway-2"})
        for name, one in ours.items():
            with self.subTest(service=name):
                said = vestnik([*one["command"], "--help"], {})
                self.assertEqual(said.returncode, 0, said.stderr)
                if "environment" in one:
                    said = self.check_in_compose(one["environment"])
                    self.assertEqual(said.returncode, 0, said.stderr)
                    self.assertNotIn("Not set here", said.stdout)
                    self.assertIn("RabbitMQ", said.stdout)

    def check_in_compose(self, environment):
        """`vestnik check` beside the files that the providers' sides leave."""
        with tempfile.TemporaryDirectory() as folder:
            left = Path(folder)
            for name, secret in LEFT.items():
                (left / name).write_text(MADE_UP[secret])
            # Any authorities will do.
            shutil.copy(certifi.where(), left / "relay.pem")
            given = {name: str(value).replace("/data/", f"{folder}/") for name, value in environment.items()}
            return vestnik(["check"], given | {"VESTNIK_CONFIG": str(ROOT / "config")})
