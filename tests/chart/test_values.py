"""What the chart's values may be, and what is said of those that may not."""

import json
import re
import tomllib
import unittest

import jsonschema
import yaml

from rendered import CHART, NAMESPACE, RELEASE, ROOT, SETS, helm, objects, template, variables, workloads

SCHEMA = json.loads((CHART / "values.schema.json").read_text())

# A wrong value, and what helm says of it.
WRONG = [
    ("split=1", "/split"),
    ("splitt=true", "splitt"),
    ("gateway.replicas=many", "/gateway/replicas"),
    ("gateway.replicas=-1", "/gateway/replicas"),
    ("lanes.autoscaling.maxReplica=3", "maxReplica"),
    (
        "gateway.autoscaling.enabled=true,gateway.autoscaling.minReplicas=9",
        "gateway.autoscaling.minReplicas is more than maxReplicas",
    ),
    ("image.repository=", "/image/repository"),
    ("image.digest=sha256:abc", "/image/digest"),
    ("secrets.VESTNIK_MASTER_KEY=s3cret", "/secrets/VESTNIK_MASTER_KEY"),
    ("secrets.VESTNIK_MASTER_KEY.value=s3cret", "value"),
    ("secrets.VESTNIK_MASTER_KEY=null", "VESTNIK_MASTER_KEY"),
    ("secrets.VESTNIK__GATEWAY__HTTP.name=a", "VESTNIK__GATEWAY__HTTP"),
    ("env.VESTNIK_MASTER_KEY=s3cret", "VESTNIK_MASTER_KEY"),
    ("settings.gatway.log=1", "gatway"),
    ("settings.channels.SMS.enabled=true", "SMS"),
    (r"files.\.\./passwd=x", "../passwd"),
    (r"files.notes\.txt=x", "notes.txt"),
    ("publicUrl=http://agency.example/", "/publicUrl"),
    ("publicUrl=https://agency.example", "/publicUrl"),
    ("graceSeconds=0", "/graceSeconds"),
    ("ingress.enabled=true", "/ingress/host"),
    ("service.type=External", "/service/type"),
    ("networkPolicy.postgres.ports={}", "/networkPolicy/postgres/ports"),
    ("settings.gateway.http.listen=0.0.0.0:1", "settings.gateway.http.listen is set by the chart"),
    ("settings.gateway.http.public_url=https://a.example/", "give publicUrl instead"),
    ("settings.gateway.grace_seconds=3", "give graceSeconds instead"),
    ("settings.gateway.ledger.sqlite=a.db", "give secrets.VESTNIK_POSTGRES_URL instead"),
    ("settings.gateway.broker.url=x", "give secrets.VESTNIK_AMQP_URL instead"),
    ("settings.gateway.redis.url=x", "give secrets.VESTNIK_REDIS_URL instead"),
    ("settings.gateway.redis.replicas=9", "give gateway.replicas instead"),
]


def parts(schema, path="values"):
    """Every schema inside this one, with its place."""
    yield path, schema
    for name in ("properties", "definitions"):
        for key, inner in schema.get(name, {}).items():
            yield from parts(inner, f"{path}.{key}")
    for name in ("additionalProperties", "items"):
        if isinstance(schema.get(name), dict):
            yield from parts(schema[name], f"{path}.*")


class Values(unittest.TestCase):
    def test_wrong_values_are_refused_by_name(self):
        for wrong, said in WRONG:
            with self.subTest(wrong=wrong):
                refused = template("minimal", "--set", wrong)
                self.assertNotEqual(refused.returncode, 0)
                self.assertIn(said, refused.stderr)

    def test_the_defaults_alone_are_not_enough_and_say_what_is_missing(self):
        refused = helm("template", RELEASE, str(CHART))
        self.assertNotEqual(refused.returncode, 0)
        for missing in ("repository", "VESTNIK_MASTER_KEY", "VESTNIK_POSTGRES_URL"):
            self.assertIn(missing, refused.stderr)

    def test_the_schema_is_of_its_draft(self):
        jsonschema.Draft7Validator.check_schema(SCHEMA)
        self.assertEqual(SCHEMA["$schema"], "http://json-schema.org/draft-07/schema#")

    def test_every_key_is_described_and_no_other_is_let_in(self):
        described = 0
        for path, schema in parts(SCHEMA):
            inner = path.endswith(".*") or path == "values" or "$ref" in schema
            if not inner:
                self.assertGreater(len(schema.get("description", "")), 5, path)
                described += 1
            # A table either names its keys, or says which names any key may have.
            if "properties" in schema and "propertyNames" not in schema:
                self.assertIs(schema.get("additionalProperties"), False, path)
        self.assertGreater(described, 80)

    def test_every_default_stands_in_the_schema_and_every_key_has_a_default(self):
        def keys(schema, value, path):
            for key, inner in schema.get("properties", {}).items():
                place = f"{path}.{key}"
                if (
                    place in (".global", ".image.repository")
                    or path == ".secrets"
                    or place.startswith(".settings.")
                ):
                    continue
                yield place, key in value
                inner = SCHEMA["definitions"]["deployment"] if "allOf" in inner else inner
                yield from keys(inner, value.get(key) or {}, place)

        defaults = yaml.safe_load((CHART / "values.yaml").read_text())
        found = dict(keys(SCHEMA, defaults, ""))
        self.assertGreater(len(found), 70)
        # Requests and limits are the operator's choice, in part or in whole.
        self.assertEqual([place for place, there in found.items() if not there], [])

    def test_settings_become_the_variables_they_stand_for(self):
        arguments = (
            "--set",
            "settings.policy.big=1000000",
            "--set",
            "settings.policy.price=$(HOME)$$",
            "--set",
            "settings.policy.off=",
            "--set-json",
            'settings.policy.list=["a",1,true]',
        )
        for workload in workloads(objects("minimal", *arguments)):
            found = {
                name.removeprefix("VESTNIK__POLICY__"): value
                for name, value in variables(workload).items()
                if name.startswith("VESTNIK__POLICY__")
            }
            self.assertEqual(
                found, {"BIG": "1000000", "PRICE": "$(HOME)$$", "OFF": "", "LIST": '["a",1,true]'}
            )

    def test_the_notes_say_what_to_do_next(self):
        for values in SETS:
            given = ["--values", str(CHART / "ci" / f"{values}.yaml"), "--namespace", NAMESPACE]
            said = helm("install", RELEASE, str(CHART), *given, "--dry-run=client")
            self.assertEqual(said.returncode, 0, said.stderr)
            notes = said.stdout.partition("NOTES:\n")[2]
            caller = "lanes" if values == "roles" else "gateway"
            self.assertIn(
                f"kubectl -n agency exec deploy/notices-vestnik-{caller} -- vestnik check --probe", notes
            )
            self.assertEqual("No publicUrl" in notes, values == "minimal")
            self.assertEqual("networkPolicy is off" in notes, values == "minimal")

    def test_chart_image_and_program_are_one_release(self):
        chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
        package = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]
        self.assertEqual((chart["version"], chart["appVersion"]), (package["version"], package["version"]))
        recipe = (ROOT / "Containerfile").read_text()
        self.assertEqual(re.findall(r"/rust:([\d.]+)-", recipe), [package["rust-version"]])
        for workload in workloads(objects("minimal")):
            given, security = variables(workload), workload["spec"]["template"]["spec"]["securityContext"]
            self.assertIn(f"ENV VESTNIK_CONFIG={given['VESTNIK_CONFIG']} ", recipe)
            self.assertIn(
                f"VESTNIK__GATEWAY__HTTP__LISTEN={given['VESTNIK__GATEWAY__HTTP__LISTEN']}\n", recipe
            )
            self.assertIn(f"\nUSER {security['runAsUser']}:{security['runAsGroup']}\n", recipe)
