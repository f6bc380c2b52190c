"""The manifests of Kubernetes: nginx/kubernetes.yaml and the YAML blocks of
nginx/README.md have the types of the API, and the configuration that they carry
is good. TypeScript checks them against the API's types: an unknown field, a wrong
type and a missing field are errors."""

import json
import subprocess

import yaml

import tap
from document_case import TemporaryCase
from guides import code_blocks, section
from harness import RESPONDER, ROOT

MODULES = {
    "apps/v1": "kubernetes-models/apps/v1",
    "v1": "kubernetes-models/v1",
    "networking.k8s.io/v1": "kubernetes-models/networking.k8s.io/v1",
    "monitoring.coreos.com/v1":
        "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1",
}
OPTIONS = {
    "noEmit": True, "strict": True, "skipLibCheck": True, "preserveSymlinks": True,
    "target": "es2022", "module": "esnext", "moduleResolution": "node", "types": [],
}
MANIFEST = (ROOT / "nginx/kubernetes.yaml").read_text()


def documents(text):
    return list(yaml.safe_load_all(text))


def by_kind():
    return {one["kind"]: one for one in documents(MANIFEST)}


class Types(TemporaryCase):
    def check(self, manifests):
        """Returns the compiler's errors for these manifests."""
        lines = []
        for number, one in enumerate(manifests):
            kind, module = one["kind"], MODULES[one["apiVersion"]]
            lines.append(f'import type {{ I{kind} as T{number} }} from "{module}";')
            lines.append(f"export const m{number}: T{number} = {json.dumps(one, indent=1)};")
        (self.dir / "manifests.ts").write_text("\n".join(lines))
        (self.dir / "tsconfig.json").write_text(
            json.dumps({"compilerOptions": OPTIONS, "files": ["manifests.ts"]}))
        modules = self.dir / "node_modules"
        if not modules.exists():
            modules.symlink_to(ROOT / "static/node_modules")
        done = subprocess.run(
            ["node", ROOT / "static/node_modules/typescript/bin/tsc", "-p", self.dir],
            capture_output=True, text=True,
        )
        self.assertEqual(done.returncode == 0, done.stdout == "", done.stderr)
        return done.stdout

    def test_manifest(self):
        manifests = documents(MANIFEST)
        self.assertEqual(
            [one["kind"] for one in manifests],
            ["ConfigMap", "PersistentVolumeClaim", "Deployment", "Service", "Ingress"])
        self.assertEqual(self.check(manifests), "")

    def test_guide(self):
        blocks = code_blocks(section("nginx/README.md", "Kubernetes"), "yaml")
        manifests = [one for block in blocks for one in documents(block)]
        self.assertEqual([one["kind"] for one in manifests], ["Ingress", "ServiceMonitor"])
        self.assertEqual(self.check(manifests), "")

    def test_check_can_fail(self):
        def replica_text(one):
            one["spec"]["replicas"] = "1"

        def unknown_field(one):
            one["spec"]["template"]["spec"]["containers"][0]["readyProbe"] = {}

        def missing_name(one):
            del one["spec"]["template"]["spec"]["containers"][0]["name"]

        for mistake, said in ((replica_text, "Type 'string' is not assignable to type 'number'"),
                              (unknown_field, "'\"readyProbe\"' does not exist in type"),
                              (missing_name, "Property '\"name\"' is missing")):
            with self.subTest(mistake.__name__):
                deployment = by_kind()["Deployment"]
                mistake(deployment)
                self.assertIn(said, self.check([deployment]))


class Contents(TemporaryCase):
    def test_configuration_is_good(self):
        """The real program checks it with the files of the pod's volume."""
        data = by_kind()["ConfigMap"]["data"]
        pod = by_kind()["Deployment"]["spec"]["template"]["spec"]
        volumes = {one["name"]: one for one in pod["volumes"]}
        source = volumes["configuration"]["projected"]["sources"][0]["configMap"]
        self.assertEqual({item["key"] for item in source["items"]}, data.keys())
        for item in source["items"]:
            path = self.dir / item["path"]
            path.parent.mkdir(exist_ok=True)
            path.write_text(data[item["key"]])
        done = subprocess.run([RESPONDER, "-t", "-c", self.dir / "tallyman.json"],
                              capture_output=True, text=True)
        self.assertIn("tallyman.json: ok\n", done.stdout + done.stderr)
        self.assertEqual(json.loads(data["tallyman.json"])["database"],
                         "/var/lib/tallyman/tallyman.db")

    def test_names_agree(self):
        kinds = by_kind()
        pod = kinds["Deployment"]["spec"]["template"]
        (container,) = pod["spec"]["containers"]
        ports = {one["name"]: one["containerPort"] for one in container["ports"]}
        service = kinds["Service"]
        (port,) = service["spec"]["ports"]
        self.assertEqual(service["spec"]["selector"], pod["metadata"]["labels"])
        self.assertEqual(service["metadata"]["annotations"]["prometheus.io/port"],
                         str(ports[port["targetPort"]]))
        self.assertEqual({one["name"] for one in container["volumeMounts"]},
                         {one["name"] for one in pod["spec"]["volumes"]})
        claims = [one["persistentVolumeClaim"]["claimName"] for one in pod["spec"]["volumes"]
                  if "persistentVolumeClaim" in one]
        self.assertEqual(claims, [kinds["PersistentVolumeClaim"]["metadata"]["name"]])
        image = (ROOT / "nginx/Containerfile").read_text()
        self.assertIn(f"\nUSER {pod['spec']['securityContext']['runAsUser']}\n", image)
        self.assertIn(f"\nEXPOSE {ports['http']}\n", image)
        for rule in kinds["Ingress"]["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                self.assertEqual(path["backend"]["service"],
                                 {"name": service["metadata"]["name"],
                                  "port": {"name": port["name"]}})


if __name__ == "__main__":
    tap.main()
