package claims_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestClaimTemplateVersionLabel(t *testing.T) {
	claim(t, "claim-template-version-label", func(e *example) {
		if out, err := e.release("1.4.0"); err != nil {
			e.Fatal(out)
		}
		e.ready("db-0")
		pod := e.pod("db-0")
		for _, next := range []string{"1.4.1", "1.5.0"} { // and so does every later one
			out, err := e.release(next)
			if err == nil {
				e.Fatalf("helm upgraded: %s", out)
			}
			e.Logf("helm upgrade to %s: %s", next, out)
			e.contains(out, "UPGRADE FAILED", `StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than`, "are forbidden")
		}
		if out, err := e.release("1.4.0"); err != nil {
			e.Fatalf("the first version is refused, too: %s", out)
		}

		// The way out that the rule names.
		if out, err := e.kubectl(nil, "delete", "statefulset", "db", "--cascade=orphan"); err != nil {
			e.Fatal(out)
		}
		if e.pod("db-0").UID != pod.UID {
			e.Fatal("the pod went with its StatefulSet")
		}
		if out, err := e.release("1.5.0"); err != nil {
			e.Fatal(out)
		}
	}, func(e *example) {
		for _, version := range []string{"1.4.0", "1.4.1", "1.5.0"} {
			if out, err := e.release(version); err != nil {
				e.Fatalf("%s: %s", version, out)
			}
		}
		e.ready("db-0")
	})
}

// release makes the example's chart, as a version of it, the release db.
func (e *example) release(version string) (string, error) {
	e.Helper()
	dir := e.TempDir()
	if out, err := exec.CommandContext(e.ctx, helm, "package", e.dir, "--version", version, "--destination", dir).CombinedOutput(); err != nil {
		e.Fatalf("helm package: %v\n%s", err, out)
	}
	selector, err := json.Marshal(slot.Selector())
	e.must(err)
	out, err := exec.CommandContext(e.ctx, helm, "upgrade", "--install", "db", filepath.Join(dir, "db-"+version+".tgz"),
		"--kubeconfig", lab.Kubeconfig, "--namespace", e.namespace, "--set-json", "nodeSelector="+string(selector)).CombinedOutput()
	return string(out), err
}
