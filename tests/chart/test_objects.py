"""What the chart makes: right for Kubernetes, safe, and in agreement with itself."""

import re
import unittest

import kubernetes_validate

from rendered import (
    ROOT,
    SETS,
    chosen,
    component,
    container,
    is_hook,
    name_of,
    objects,
    of_kind,
    pod,
    secrets,
    variables,
    weight,
    workloads,
)

# The oldest release that Chart.yaml allows, and the newest that the validator knows.
RELEASES = ("1.30", kubernetes_validate.latest_version())
# Kinds of the Prometheus operator have no schema among Kubernetes' own.
FOREIGN = {"PodMonitor"}
POD_PARTS = {
    "minimal": ["gateway", "migration"],
    "production": ["gateway", "migration"],
    "roles": ["intake", "lanes", "migration", "web"],
}


def each_workload():
    for values in SETS:
        for workload in workloads(objects(values)):
            yield values, workload


class Objects(unittest.TestCase):
    def test_kubernetes_knows_every_field(self):
        validated = 0
        for values in SETS:
            for one in objects(values):
                if one["kind"] in FOREIGN:
                    continue
                for release in RELEASES:
                    with self.subTest(values=values, one=name_of(one), release=release):
                        kubernetes_validate.validate(one, release, strict=True)
                        validated += 1
        self.assertGreaterEqual(validated, 60)

    def test_a_field_that_kubernetes_does_not_know_would_be_seen(self):
        (deployment,) = of_kind(objects("minimal"), "Deployment")
        wrong = {**deployment, "spec": {**deployment["spec"], "replica": 2}}
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, RELEASES[0], strict=True)

    def test_each_role_has_its_pods(self):
        for values, expected in POD_PARTS.items():
            self.assertEqual(sorted(map(component, workloads(objects(values)))), expected, values)
        roles = {tuple(container(one)["args"]) for one in of_kind(objects("roles"), "Deployment")}
        self.assertEqual(roles, {("serve", "--roles", role) for role in ("intake", "lanes", "web")})
        (together,) = of_kind(objects("minimal"), "Deployment")
        self.assertEqual(container(together)["args"], ["serve"])

    def test_without_a_broker_there_is_no_intake(self):
        deployments = of_kind(objects("minimal", "--set", "split=true"), "Deployment")
        self.assertEqual(set(map(component, deployments)), {"lanes", "web"})

    def test_every_pod_can_do_the_least(self):
        for values, workload in each_workload():
            with self.subTest(values=values, workload=name_of(workload)):
                whole, one = pod(workload)["securityContext"], container(workload)["securityContext"]
                self.assertEqual((whole["runAsNonRoot"], whole["runAsUser"]), (True, 65532))
                self.assertEqual(whole["seccompProfile"], {"type": "RuntimeDefault"})
                self.assertEqual((one["readOnlyRootFilesystem"], one["privileged"]), (True, False))
                self.assertIs(one["allowPrivilegeEscalation"], False)
                self.assertEqual(one["capabilities"], {"drop": ["ALL"]})
                self.assertIs(pod(workload)["automountServiceAccountToken"], False)
                self.assertNotIn("hostNetwork", pod(workload))
                self.assertIn("memory", container(workload)["resources"]["limits"])
        for values in SETS:
            for account in of_kind(objects(values), "ServiceAccount"):
                self.assertIs(account["automountServiceAccountToken"], False)

    def test_every_secret_is_a_reference(self):
        named = {
            name
            for file in (ROOT / "config").rglob("*.toml")
            for name in re.findall(r'\{ env = "(\w+)" \}', file.read_text())
        }
        self.assertTrue({"VESTNIK_MASTER_KEY", "VESTNIK_SMPP_PASSWORD"} <= named, named)
        for values, workload in each_workload():
            with self.subTest(values=values, workload=name_of(workload)):
                self.assertFalse(named & variables(workload).keys())
                for place in secrets(workload).values():
                    self.assertTrue(place["name"] and place["key"])
        for values in SETS:
            self.assertEqual(of_kind(objects(values), "Secret"), [])

    def test_the_migration_knows_the_database_alone(self):
        for values in SETS:
            (job,) = of_kind(objects(values), "Job")
            self.assertEqual(container(job)["args"], ["migrate"])
            self.assertEqual(secrets(job).keys(), {"VESTNIK_POSTGRES_URL"})

    def test_hooks_need_nothing_that_comes_after_them(self):
        for values in SETS:
            everything = objects(values)
            (job,) = of_kind(everything, "Job")
            self.assertEqual(job["metadata"]["annotations"]["helm.sh/hook"], "pre-install,pre-upgrade")
            files = [
                one["configMap"]["name"] for one in pod(job).get("volumes", []) if one["name"] == "files"
            ]
            needed = {f"ConfigMap {name}" for name in files} | {
                f"ServiceAccount {pod(job)['serviceAccountName']}"
            }
            self.assertFalse(needed & {name_of(one) for one in everything if not is_hook(one)}, values)
            weights = {name_of(one): weight(one) for one in everything if is_hook(one)}
            for name in files:
                self.assertLess(weights[f"ConfigMap {name}"], weights[name_of(job)])

    def test_an_upgrade_takes_no_pod_before_another_is_ready(self):
        for values, workload in each_workload():
            if workload["kind"] != "Deployment":
                continue
            with self.subTest(values=values, workload=name_of(workload)):
                pace = workload["spec"]["strategy"]["rollingUpdate"]
                self.assertEqual(pace, {"maxUnavailable": 0, "maxSurge": 1})
                one = container(workload)
                drain = one.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
                grace = int(variables(workload)["VESTNIK__GATEWAY__GRACE_SECONDS"])
                # Five seconds for what is cut short, three for the goodbye.
                self.assertGreater(pod(workload)["terminationGracePeriodSeconds"], drain + grace + 5 + 3)
                self.assertEqual(drain > 0, component(workload) in ("gateway", "web"))
                paths = [one[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe")]
                self.assertEqual(paths, ["/healthz", "/readyz"])

    def test_the_service_leads_to_the_pods_that_answer(self):
        for values, expected in (("minimal", "gateway"), ("production", "gateway"), ("roles", "web")):
            everything = objects(values)
            (service,) = of_kind(everything, "Service")
            (front,) = chosen(service["spec"]["selector"], everything)
            self.assertEqual(component(front), expected)
            (port,) = container(front)["ports"]
            self.assertEqual(service["spec"]["ports"][0]["targetPort"], port["name"])
            listens = variables(front)["VESTNIK__GATEWAY__HTTP__LISTEN"]
            self.assertEqual(listens, f"0.0.0.0:{port['containerPort']}")

    def test_each_budget_and_policy_is_of_one_workload_and_none_is_left_out(self):
        for values in SETS:
            everything = objects(values)
            budgets = [
                one["spec"]["selector"]["matchLabels"] for one in of_kind(everything, "PodDisruptionBudget")
            ]
            self.assertCountEqual(
                self.only(budgets, everything), map(component, of_kind(everything, "Deployment"))
            )
            policies = [
                one["spec"]["podSelector"]["matchLabels"] for one in of_kind(everything, "NetworkPolicy")
            ]
            expected = [] if values == "minimal" else map(component, workloads(everything))
            self.assertCountEqual(self.only(policies, everything), expected)

    def only(self, selectors, everything):
        """The component of the one workload that each selector chooses."""
        found = [chosen(selector, everything) for selector in selectors]
        self.assertEqual([len(one) for one in found], [1] * len(selectors))
        return [component(one) for (one,) in found]

    def test_scaled_deployments_leave_the_number_of_pods_to_the_scaler(self):
        expected = {"minimal": set(), "production": {"gateway"}, "roles": {"lanes"}}
        for values in SETS:
            scalers = of_kind(objects(values), "HorizontalPodAutoscaler")
            scaled = {one["spec"]["scaleTargetRef"]["name"] for one in scalers}
            self.assertEqual(scaled, {f"notices-vestnik-{name}" for name in expected[values]})
            for one in of_kind(objects(values), "Deployment"):
                self.assertEqual(
                    "replicas" in one["spec"], one["metadata"]["name"] not in scaled, name_of(one)
                )

    def test_from_outside_only_callbacks_and_citizens_pages_are_reached(self):
        def paths(values):
            (ingress,) = of_kind(objects(values), "Ingress")
            return [path["path"] for path in ingress["spec"]["rules"][0]["http"]["paths"]]

        self.assertEqual(paths("production"), ["/callbacks", "/p", "/unsubscribe"])
        self.assertEqual(paths("roles"), ["/callbacks", "/p", "/unsubscribe", "/v1"])
        self.assertEqual(of_kind(objects("minimal"), "Ingress"), [])

    def test_only_pods_that_call_providers_may(self):
        ports = {}
        for one in of_kind(objects("roles"), "NetworkPolicy"):
            egress = [port["port"] for rule in one["spec"]["egress"] for port in rule["ports"]]
            ports[component(one)] = 2775 in egress
        self.assertEqual(ports, {"intake": False, "lanes": True, "migration": False, "web": False})

    def test_metrics_are_found_in_one_way(self):
        for values in SETS:
            by_kind = bool(of_kind(objects(values), "PodMonitor"))
            for one in of_kind(objects(values), "Deployment"):
                annotations = one["spec"]["template"]["metadata"]["annotations"]
                self.assertEqual("prometheus.io/scrape" in annotations, not by_kind, name_of(one))

    def test_other_files_make_other_pods(self):
        def digest(*arguments):
            (one,) = of_kind(objects("production", *arguments), "Deployment")
            return one["spec"]["template"]["metadata"]["annotations"]["vestnik/files"]

        self.assertNotEqual(digest(), digest("--set", r"files.policy\.toml=x"))
