package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gruntwork-io/terratest/modules/k8s"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/stateward/stateward/test/e2e/internal/cluster"
	"github.com/stateward/stateward/test/e2e/internal/result"
)

const (
	clientImage = "docker.io/stateward/e2e-client:dev"
	// rows of the set that must be there after everything.
	rows = 10000
	kept = "keep"
)

// verified is what `client verify` says of a set.
type verified struct {
	Rows, Missing, Duplicated, Altered, Foreign int
	Checksum                                    string
}

// written is what `client writer stop` says.
type written struct {
	Acknowledged, Errors, Lost, Duplicated, Altered int
	LongestGapSeconds                               float64
	ErrorMessages                                   map[string]int
}

// answers is what `client role` says: one for each connection.
type answers struct {
	Answers []struct{ Role, Member string }
}

type member struct {
	Name, Role string
	Healthy    bool
}

// deployClients starts the pod of the client and, without its label, of a stranger.
// They are on the control plane, where no fault of a worker reaches them.
func (r *release) deployClients(t *testing.T) {
	credentials := "/credentials"
	if r.secret(t) == "" { // VictoriaMetrics knows no users
		credentials = ""
	}
	var objects []string
	for _, pod := range []string{"client", "stranger"} {
		labels := map[string]string{"e2e": pod}
		if pod == "client" {
			labels[r.fullname()+"-client"] = "true"
		}
		env := []map[string]string{}
		for _, pair := range [][2]string{
			{"SYSTEM", r.system()}, {"HOST", r.host()},
			{"HEADLESS", r.service("headless")}, {"CREDENTIALS", credentials},
			{"USERNAME", r.auth("username")}, {"DATABASE", r.auth("database")},
		} {
			env = append(env, map[string]string{"name": pair[0], "value": pair[1]})
		}
		object, err := yaml.Marshal(map[string]any{
			"apiVersion": "v1", "kind": "Pod",
			"metadata": map[string]any{"name": pod, "labels": labels},
			"spec": map[string]any{
				"nodeSelector":                  map[string]string{"node-role.kubernetes.io/control-plane": ""},
				"tolerations":                   []map[string]string{{"operator": "Exists"}},
				"automountServiceAccountToken":  false,
				"terminationGracePeriodSeconds": 1,
				"securityContext": map[string]any{
					"runAsNonRoot": true, "runAsUser": 65532, "fsGroup": 65532, "seccompProfile": map[string]string{"type": "RuntimeDefault"},
				},
				"containers": []map[string]any{{
					"name": "client", "image": clientImage, "imagePullPolicy": "IfNotPresent", "args": []string{"serve"}, "env": env,
					"securityContext": map[string]any{"allowPrivilegeEscalation": false, "capabilities": map[string][]string{"drop": {"ALL"}}},
					"volumeMounts":    []map[string]any{{"name": "credentials", "mountPath": "/credentials", "readOnly": true}},
				}},
				"volumes": []map[string]any{{"name": "credentials", "secret": map[string]any{"secretName": r.fullname() + "-credentials", "optional": true}}},
			},
		})
		require.NoError(t, err)
		objects = append(objects, string(object))
	}
	k8s.KubectlApplyFromStringContext(t, t.Context(), r.kubectl(), strings.Join(objects, "---\n"))
	k8s.RunKubectlContext(t, t.Context(), r.kubectl(), "wait", "pod/client", "pod/stranger", "--for=condition=Ready", "--timeout=2m")
}

// service is the name that clients use for the release's Service of a kind.
func (r *release) service(kind string) string {
	name := r.fullname()
	if kind != "" {
		name += "-" + kind
	}
	return name + "." + r.namespace + ".svc"
}

func (r *release) host() string {
	if r.Pattern == "primary-replica" {
		return r.service("write")
	}
	return r.service("")
}

func (r *release) readHost() string {
	if r.Pattern == "primary-replica" {
		return r.service("read")
	}
	return ""
}

func (r *release) auth(key string) string {
	auth, _ := r.values["auth"].(map[string]any)
	value, _ := auth[key].(string)
	return value
}

// client runs a command of the test's client and decodes its answer.
func client[T any](ctx context.Context, r *release, command ...string) (T, error) {
	var got T
	out, err := r.exec(ctx, "client", append([]string{"client"}, command...)...)
	if err == nil {
		err = json.Unmarshal(out, &got)
	}
	return got, err
}

func ask[T any](t *testing.T, r *release, command ...string) T {
	t.Helper()
	got, err := client[T](t.Context(), r, command...)
	require.NoError(t, err)
	return got
}

// writable waits until a write is acknowledged.
func (r *release) writable(t *testing.T) {
	ask[struct{ Seconds float64 }](t, r, "wait", "-timeout", patience.String())
}

// load writes the rows that verifyKept wants to see again.
func (r *release) load(t *testing.T) {
	ask[struct{ Rows int }](t, r, "load", "-set", kept, "-count", fmt.Sprint(rows))
	r.verifyKept(t)
}

func (r *release) verifyKept(t *testing.T) {
	got := ask[verified](t, r, "verify", "-set", kept, "-count", fmt.Sprint(rows))
	got.Checksum = ""
	require.Equal(t, verified{Rows: rows}, got, "the rows that were written at first")
}

// trial does something to the release and notes how long it took until all members
// were ready and writes went through.
func (r *release) trial(t *testing.T, name string, do func(trial *result.Trial)) *result.Trial {
	begun := time.Now()
	trial := result.Trial{Name: name}
	do(&trial)
	r.ready(t)
	r.writable(t)
	trial.Seconds = seconds(time.Since(begun))
	r.trials = append(r.trials, trial)
	return &r.trials[len(r.trials)-1]
}

// underWriter is a trial during which a writer goes on. No acknowledged write may be
// lost, unless the reason mayLose is given; then the loss is stated.
func (r *release) underWriter(t *testing.T, name, mayLose string, do func(trial *result.Trial)) {
	set := "w" + strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' {
			return c
		}
		return -1
	}, strings.ToLower(name)) + fmt.Sprint(time.Now().Unix())
	ask[struct{ Started bool }](t, r, "writer", "start", "-set", set, "-connections", "4", "-pause", "20ms")
	r.writable(t)
	trial := r.trial(t, name, do)
	got := ask[written](t, r, "writer", "stop", "-set", set)
	trial.Writes = &result.Writes{
		Acknowledged: got.Acknowledged, Lost: got.Lost, Duplicated: got.Duplicated, Errors: got.Errors, LongestGap: got.LongestGapSeconds,
	}
	t.Logf("%s: %+v, ready after %.1f s", name, *trial.Writes, trial.Seconds)
	for message, count := range got.ErrorMessages {
		t.Logf("%d times: ...%s", count, message[max(0, len(message)-160):]) // the end is what differs
	}
	require.Positive(t, got.Acknowledged)
	require.Zero(t, got.Altered, "rows that are not what was written")
	if mayLose == "" {
		require.Zero(t, got.Lost, "acknowledged writes that are not there")
		return
	}
	if got.Lost > 0 {
		trial.Note = mayLose
	}
}

// members waits until the system itself knows as many members as there should be,
// all healthy.
func (r *release) members(t *testing.T, count int) []member {
	t.Helper()
	var list []member
	err := cluster.Until(t.Context(), 2*time.Minute, fmt.Sprintf("%d healthy members", count), func(ctx context.Context) (bool, error) {
		got, err := client[struct{ Members []member }](ctx, r, "members")
		if err != nil {
			return false, err
		}
		list = list[:0]
		for _, m := range got.Members {
			if m.Role == "controller" {
				continue // another pool's
			}
			if !m.Healthy {
				return false, fmt.Errorf("%s (%s) is not healthy", m.Name, m.Role)
			}
			list = append(list, m)
		}
		if len(list) != count {
			return false, fmt.Errorf("the members are %+v", list)
		}
		return true, nil
	})
	require.NoError(t, err)
	return list
}

// leader is the member whose loss hurts most: the primary, the leader, a master.
func (r *release) leader(t *testing.T) string {
	if r.single() {
		return r.member(0)
	}
	for _, m := range r.members(t, r.Members) {
		switch m.Role {
		case "primary", "leader", "master", "broker":
			return m.Name
		}
	}
	// Where all have the same vote, the one that leads now.
	for i := range r.Members {
		host := r.member(i) + "." + r.service("headless")
		for _, a := range ask[answers](t, r, "role", "-host", host, "-times", "1").Answers {
			if a.Role == "leader" {
				return r.member(i)
			}
		}
	}
	require.FailNow(t, "no member leads")
	return ""
}

// nodeOf is the worker of a member.
func (r *release) nodeOf(t *testing.T, pod string) string {
	got, err := lab.CoreV1().Pods(r.namespace).Get(t.Context(), pod, metav1.GetOptions{})
	require.NoError(t, err)
	return got.Spec.NodeName
}
