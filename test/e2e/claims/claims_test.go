// Package claims_test tries on a cluster what the rules say: the bad example of a
// rule breaks the way the rule's text has it, the good one does not, and
// `stateward check` tells the two apart. An example is the folder
// testdata/<rule>/bad or good: objects.yaml, or a Helm chart.
//
// go test ./claims takes one slot of the cluster that package cluster connects to.
// Helm is $HELM, else the PATH's, else the one of `make helm`. KEEP=1 keeps the
// namespaces.
package claims_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/stateward/stateward/test/e2e/internal/cluster"
)

// repository is the root of the checkout, seen from here.
const repository = "../../.."

// unwritten are the rules of the catalogue that stateward does not have yet: their
// claims are tried on the cluster only. A rule that is there must not stand here.
var unwritten = []string{
	"ordered-ready-deadlock",
	"pdb-below-quorum",
	"publish-not-ready-missing",
	"role-by-ordinal",
}

// What all tests share, set by TestMain.
var (
	lab       *cluster.Cluster
	slot      cluster.Slot
	stateward string // the program under test
	helm      string
)

func TestMain(m *testing.M) {
	code, err := setUp(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func setUp(m *testing.M) (code int, err error) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "stateward-claims-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	stateward = filepath.Join(dir, "stateward")
	build := exec.Command("go", "build", "-o", stateward, "./cmd/stateward")
	build.Dir = repository
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build stateward: %w\n%s", err, out)
	}
	if helm, err = findHelm(); err != nil {
		return 1, err
	}
	if lab, err = cluster.Connect(ctx); err != nil {
		return 1, err
	}
	if err := sweep(ctx); err != nil {
		return 1, err
	}
	if slot, err = lab.Take(ctx, 3); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, lab.Release(ctx, slot)) }()
	return m.Run(), nil
}

// prefix is what the names of the namespaces begin with.
const prefix = "claims-"

// sweep removes what earlier runs have kept: it would be in the way of drains.
func sweep(ctx context.Context) error {
	return cluster.Until(ctx, 3*time.Minute, "the namespaces of earlier runs are gone", func(ctx context.Context) (bool, error) {
		all, err := lab.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		gone := true
		for _, namespace := range all.Items {
			if !strings.HasPrefix(namespace.Name, prefix) {
				continue
			}
			gone = false
			if namespace.DeletionTimestamp == nil {
				if err := lab.CoreV1().Namespaces().Delete(ctx, namespace.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
					return false, err
				}
			}
		}
		return gone, nil
	})
}

// findHelm gives $HELM, the PATH's, or the one that `make helm` has built.
func findHelm() (string, error) {
	if path := os.Getenv("HELM"); path != "" {
		return path, nil
	}
	if path, err := exec.LookPath("helm"); err == nil {
		return path, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	built, err := filepath.Glob(filepath.Join(cache, "stateward", "helm-v3.*"))
	if err != nil || len(built) == 0 {
		return "", errors.New("no helm: set HELM, or run `make helm`")
	}
	return built[0], nil
}

// claim tries one rule: on the examples themselves, then on the cluster.
func claim(t *testing.T, rule string, bad, good func(*example)) {
	t.Run("check", func(t *testing.T) { checked(t, rule) })
	t.Run("bad", func(t *testing.T) { bad(newExample(t, rule, "bad")) })
	t.Run("good", func(t *testing.T) { good(newExample(t, rule, "good")) })
}

// checked fails unless the rule reports the bad example, once, and not the good one,
// and this is all that `stateward check` sees between the two.
func checked(t *testing.T, rule string) {
	known := exec.Command(stateward, "explain", rule).Run() == nil
	if slices.Contains(unwritten, rule) {
		if known {
			t.Fatalf("the rule %s is there: take it out of the list unwritten", rule)
		}
		t.Skipf("stateward has no rule %s yet", rule)
	}
	others := map[string][]string{}
	for _, kind := range []string{"bad", "good"} {
		var mine []string
		for _, f := range findings(t, input(rule, kind)) {
			if f.Rule == rule {
				mine = append(mine, f.Message)
				continue
			}
			others[kind] = append(others[kind], f.Rule)
		}
		t.Logf("%s: %q", kind, mine)
		if want := map[string]int{"bad": 1, "good": 0}[kind]; len(mine) != want {
			t.Errorf("%d findings of %s in the %s example, expected %d: %q", len(mine), rule, kind, want, mine)
		}
	}
	if !slices.Equal(others["bad"], others["good"]) {
		t.Errorf("other rules report %q of the bad example, %q of the good one", others["bad"], others["good"])
	}
}

type finding struct{ Rule, Message string }

func findings(t *testing.T, input string) []finding {
	t.Helper()
	var said bytes.Buffer
	cmd := exec.Command(stateward, "check", input, "-o", "json")
	cmd.Stderr = &said
	out, err := cmd.Output()
	if exit := new(exec.ExitError); err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 1) {
		t.Fatalf("stateward check %s: %v\n%s", input, err, said.String())
	}
	var report struct{ Findings []finding }
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("stateward check %s: %v\n%s", input, err, out)
	}
	return report.Findings
}

// input gives what is checked of an example: its chart, or its manifests.
func input(rule, kind string) string {
	dir := filepath.Join("testdata", rule, kind)
	if _, err := os.Stat(filepath.Join(dir, "Chart.yaml")); err == nil {
		return dir
	}
	return filepath.Join(dir, "objects.yaml")
}

// example is the bad or the good example of a rule in a namespace of its own.
type example struct {
	*testing.T
	ctx       context.Context
	dir       string
	namespace string
}

func newExample(t *testing.T, rule, kind string) *example {
	e := &example{T: t, ctx: context.Background(), dir: filepath.Join("testdata", rule, kind), namespace: prefix + rule + "-" + kind}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:   e.namespace,
		Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	e.until(2*time.Minute, "the namespace is there, and none of this name is still going", func() (bool, error) {
		_, err := lab.CoreV1().Namespaces().Create(e.ctx, namespace, metav1.CreateOptions{})
		return err == nil, err
	})
	t.Cleanup(func() {
		if t.Failed() {
			e.show()
		}
		if !t.Failed() && os.Getenv("KEEP") == "" {
			e.must(lab.CoreV1().Namespaces().Delete(e.ctx, e.namespace, metav1.DeleteOptions{}))
			return
		}
		// What is kept must not hold up the drains of other tests.
		e.must(lab.PolicyV1().PodDisruptionBudgets(e.namespace).DeleteCollection(e.ctx, metav1.DeleteOptions{}, metav1.ListOptions{}))
	})
	e.until(time.Minute, "the namespace has its ServiceAccount", func() (bool, error) {
		_, err := lab.CoreV1().ServiceAccounts(e.namespace).Get(e.ctx, "default", metav1.GetOptions{})
		return err == nil, err
	})
	return e
}

// show logs what a person would look at first.
func (e *example) show() {
	for _, args := range [][]string{{"get", "pods,pvc,pdb,endpointslices,jobs", "-o", "wide"}, {"get", "events", "--sort-by=.lastTimestamp"}} {
		out, _ := e.kubectl(nil, args...)
		e.Log(out)
	}
	pods, err := lab.CoreV1().Pods(e.namespace).List(e.ctx, metav1.ListOptions{})
	if err != nil {
		e.Log(err)
		return
	}
	for _, pod := range pods.Items {
		e.Logf("log of %s:\n%s", pod.Name, e.log(pod.Name))
	}
}

func (e *example) must(err error) {
	e.Helper()
	if err != nil {
		e.Fatal(err)
	}
}

func (e *example) until(timeout time.Duration, what string, condition func() (bool, error)) {
	e.Helper()
	e.must(cluster.Until(e.ctx, timeout, what, func(context.Context) (bool, error) { return condition() }))
}

// stays fails when the condition ends within the time: what the test has shown the
// reason of does not end by itself either.
func (e *example) stays(bound time.Duration, what string, condition func() bool) {
	e.Helper()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for end := time.Now().Add(bound); time.Now().Before(end); <-tick.C {
		if !condition() {
			e.Fatalf("it ended: %s", what)
		}
	}
}

// contains fails unless text has all the parts.
func (e *example) contains(text string, parts ...string) {
	e.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			e.Fatalf("%q is not in:\n%s", part, text)
		}
	}
}

func (e *example) kubectl(stdin io.Reader, args ...string) (string, error) {
	cmd := exec.CommandContext(e.ctx, "kubectl", append([]string{"--kubeconfig", lab.Kubeconfig, "--namespace", e.namespace}, args...)...)
	cmd.Stdin = stdin
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// apply makes the objects of the example what one of its files says.
func (e *example) apply(file string) {
	e.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, file))
	e.must(err)
	var list bytes.Buffer
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var object unstructured.Unstructured
		if err := decoder.Decode(&object.Object); errors.Is(err, io.EOF) {
			break
		} else {
			e.must(err)
		}
		if len(object.Object) == 0 {
			continue
		}
		place(object.Object)
		line, err := object.MarshalJSON()
		e.must(err)
		list.Write(line)
	}
	if out, err := e.kubectl(&list, "apply", "-f", "-"); err != nil {
		e.Fatalf("kubectl apply %s: %s", file, out)
	}
}

// place gives the pods of an object what this cluster asks of every pod and no claim
// is about: the slot's workers, an image that is there, and what pod security wants.
func place(object map[string]any) {
	spec, _, _ := unstructured.NestedMap(object, "spec", "template", "spec")
	at := []string{"spec", "template", "spec"}
	if object["kind"] == "Pod" {
		spec, _, _ = unstructured.NestedMap(object, "spec")
		at = []string{"spec"}
	}
	if spec == nil {
		return
	}
	selector := map[string]any{}
	for key, value := range slot.Selector() {
		selector[key] = value
	}
	spec["nodeSelector"] = selector
	spec["automountServiceAccountToken"] = false
	spec["securityContext"] = map[string]any{
		"runAsNonRoot": true, "runAsUser": int64(999), "runAsGroup": int64(999), "fsGroup": int64(999),
		"seccompProfile": map[string]any{"type": "RuntimeDefault"},
	}
	for _, kind := range []string{"initContainers", "containers"} {
		containers, _ := spec[kind].([]any)
		for _, c := range containers {
			c := c.(map[string]any)
			c["imagePullPolicy"] = "IfNotPresent"
			c["securityContext"] = map[string]any{
				"allowPrivilegeEscalation": false,
				"capabilities":             map[string]any{"drop": []any{"ALL"}},
			}
		}
	}
	if err := unstructured.SetNestedMap(object, spec, at...); err != nil {
		panic(err) // of values that were made above
	}
}

func (e *example) pod(name string) *corev1.Pod {
	e.Helper()
	pod, err := lab.CoreV1().Pods(e.namespace).Get(e.ctx, name, metav1.GetOptions{})
	e.must(err)
	return pod
}

// ready waits until all the pods are.
func (e *example) ready(names ...string) {
	e.Helper()
	for _, name := range names {
		e.until(3*time.Minute, name+" is ready", func() (bool, error) {
			pod, err := lab.CoreV1().Pods(e.namespace).Get(e.ctx, name, metav1.GetOptions{})
			return err == nil && pod.DeletionTimestamp == nil && isReady(pod), err
		})
	}
}

// running waits until the first container of all the pods does.
func (e *example) running(names ...string) {
	e.Helper()
	for _, name := range names {
		e.until(3*time.Minute, name+" runs", func() (bool, error) {
			pod, err := lab.CoreV1().Pods(e.namespace).Get(e.ctx, name, metav1.GetOptions{})
			return err == nil && len(pod.Status.ContainerStatuses) > 0 && pod.Status.ContainerStatuses[0].State.Running != nil, err
		})
	}
}

func isReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// replaced waits until a pod of this name is another one, and ready.
func (e *example) replaced(old *corev1.Pod) *corev1.Pod {
	e.Helper()
	var pod *corev1.Pod
	e.until(3*time.Minute, old.Name+" is replaced and ready", func() (bool, error) {
		var err error
		pod, err = lab.CoreV1().Pods(e.namespace).Get(e.ctx, old.Name, metav1.GetOptions{})
		return err == nil && pod.UID != old.UID && isReady(pod), err
	})
	return pod
}

func (e *example) deletePod(name string) {
	e.Helper()
	e.must(lab.CoreV1().Pods(e.namespace).Delete(e.ctx, name, metav1.DeleteOptions{}))
}

// exec runs a command in a pod's first container and gives all that it prints.
func (e *example) exec(pod string, command ...string) (string, error) {
	return e.kubectl(nil, append([]string{"exec", pod, "--"}, command...)...)
}

func (e *example) mustExec(pod string, command ...string) string {
	e.Helper()
	out, err := e.exec(pod, command...)
	if err != nil {
		e.Fatalf("%s: %q: %v\n%s", pod, command, err, out)
	}
	return out
}

// log gives the log of a pod's first container.
func (e *example) log(pod string) string {
	lines := int64(20)
	text, err := lab.CoreV1().Pods(e.namespace).GetLogs(pod, &corev1.PodLogOptions{TailLines: &lines}).DoRaw(e.ctx)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// event waits for an event of a pod with a reason, and gives what it says.
func (e *example) event(pod, reason string) string {
	e.Helper()
	var said string
	e.until(time.Minute, fmt.Sprintf("an event %s of %s", reason, pod), func() (bool, error) {
		events, err := lab.CoreV1().Events(e.namespace).List(e.ctx, metav1.ListOptions{
			FieldSelector: fmt.Sprintf("involvedObject.kind=Pod,involvedObject.name=%s,reason=%s", pod, reason)})
		if err != nil || len(events.Items) == 0 {
			return false, err
		}
		said = events.Items[len(events.Items)-1].Message
		return true, nil
	})
	return said
}
