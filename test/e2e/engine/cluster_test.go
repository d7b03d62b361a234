package engine_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cluster is the API server that judges. `kubectl proxy` does the kubeconfig and
// the credentials, so that the texts go to the server as they are written:
// kubectl itself would read them first, and drop a key that is given twice.
type cluster struct {
	http      *http.Client
	version   string
	resources map[string]resource // by "apiVersion kind"
	namespace string              // made for the test, gone after it
}

// resource is where a server has the objects of a kind.
type resource struct {
	path       string // apis/apps/v1
	plural     string
	namespaced bool
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	kubeconfig := os.Getenv("STATEWARD_KUBECONFIG")
	if kubeconfig == "" {
		kubeconfig = os.Getenv("KUBECONFIG")
	}
	if kubeconfig == "" {
		t.Fatal("no cluster to ask: set STATEWARD_KUBECONFIG or KUBECONFIG to a kubeconfig file, as of `kind create cluster`")
	}
	dir, err := os.MkdirTemp("", "engine-") // a socket's path is short, t.TempDir's may not be
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	startProxy(t, kubeconfig, socket)
	c := &cluster{http: &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		MaxIdleConnsPerHost: atOnce,
	}}}
	c.discover(t)
	c.makeNamespace(t)
	return c
}

// atOnce is how many objects the server is asked about at the same time.
const atOnce = 4

func startProxy(t *testing.T, kubeconfig, socket string) {
	t.Helper()
	proxy := exec.Command("kubectl", "proxy", "--kubeconfig", kubeconfig, "--unix-socket", socket)
	var said bytes.Buffer
	proxy.Stderr = &said
	out, err := proxy.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, proxy.Start())
	t.Cleanup(func() {
		_ = proxy.Process.Kill()
		_ = proxy.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("kubectl proxy does not start with %s: %s%s", kubeconfig, line, said.String())
	}
}

// ask sends one request and gives the code and the body of the answer.
func (c *cluster) ask(method, path, contentType, body string) (int, []byte, error) {
	request, err := http.NewRequest(method, "http://localhost/"+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Accept", "application/json")
	if method == http.MethodGet { // all of a group's kinds in one answer
		request.Header.Set("Accept", "application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList,application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, text, err
}

func (c *cluster) get(t *testing.T, path string, into any) {
	t.Helper()
	code, text, err := c.ask(http.MethodGet, path, "", "")
	if err != nil || code != http.StatusOK {
		t.Fatalf("the cluster does not answer: GET /%s: %d %v\n%s", path, code, err, text)
	}
	require.NoError(t, json.Unmarshal(text, into))
}

func (c *cluster) discover(t *testing.T) {
	t.Helper()
	var version struct{ GitVersion string }
	c.get(t, "version", &version)
	c.version, c.resources = version.GitVersion, map[string]resource{}
	for _, root := range []string{"api", "apis"} {
		var groups struct {
			Items []struct {
				Metadata struct{ Name string }
				Versions []struct {
					Version   string
					Resources []struct {
						Resource     string
						ResponseKind struct{ Kind string }
						Scope        string
						Verbs        []string
					}
				}
			}
		}
		c.get(t, root, &groups)
		for _, group := range groups.Items {
			for _, v := range group.Versions {
				apiVersion := strings.TrimPrefix(group.Metadata.Name+"/"+v.Version, "/")
				for _, r := range v.Resources {
					if slices.Contains(r.Verbs, "create") {
						c.resources[apiVersion+" "+r.ResponseKind.Kind] = resource{root + "/" + apiVersion, r.Resource, r.Scope == "Namespaced"}
					}
				}
			}
		}
	}
	require.Contains(t, c.resources, "apps/v1 StatefulSet")
}

func (c *cluster) makeNamespace(t *testing.T) {
	t.Helper()
	code, text, err := c.ask(http.MethodPost, "api/v1/namespaces", "application/json",
		`{"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "engine-"}}`)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, code, "%s", text)
	var made struct{ Metadata struct{ Name string } }
	require.NoError(t, json.Unmarshal(text, &made))
	c.namespace = made.Metadata.Name
	t.Cleanup(func() {
		code, text, err := c.ask(http.MethodDelete, "api/v1/namespaces/"+c.namespace, "", "")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, code, "%s", text)
	})
	// A pod is refused as long as its account is not there.
	require.Eventually(t, func() bool {
		code, _, err := c.ask(http.MethodGet, "api/v1/namespaces/"+c.namespace+"/serviceaccounts/default", "", "")
		return err == nil && code == http.StatusOK
	}, time.Minute, 200*time.Millisecond, "the namespace gets no default ServiceAccount")
}

// object is what has to be known of a document to send it.
type object struct {
	APIVersion, Kind string
	Metadata         struct{ Name, Namespace string }
}

func (o object) key() string    { return o.APIVersion + " " + o.Kind }
func (o object) String() string { return o.Kind + "/" + o.Metadata.Name }

// path gives where the objects of o's kind are.
func (c *cluster) path(o object) (string, bool) {
	r, ok := c.resources[o.key()]
	switch {
	case !ok:
		return "", false
	case !r.namespaced:
		return r.path + "/" + r.plural, true
	case o.Metadata.Namespace != "":
		return r.path + "/namespaces/" + o.Metadata.Namespace + "/" + r.plural, true
	}
	return r.path + "/namespaces/" + c.namespace + "/" + r.plural, true
}

// dryRun has the server do everything but store; strict has it refuse what it
// would only warn of.
const (
	dryRun = "?dryRun=All&fieldManager=stateward-e2e&fieldValidation="
	strict = "Strict"
)

// create asks what the server says to a new object.
func (c *cluster) create(o object, text string) (answer, error) {
	path, ok := c.path(o)
	if !ok {
		return answer{refused: true, vague: true, said: "the server has no " + o.key()}, nil
	}
	return c.judgement(http.MethodPost, path+dryRun+strict, "application/yaml", text)
}

// createAll is create for all that the server has to say. About fields that it
// does not know it says nothing else, so it is asked again without them: Helm 3
// and clients of old send objects that way.
func (c *cluster) createAll(o object, text string) (answer, error) {
	a, err := c.create(o, text)
	if err != nil || !a.strict {
		return a, err
	}
	path, _ := c.path(o)
	rest, err := c.judgement(http.MethodPost, path+dryRun+"Ignore", "application/yaml", text)
	a.fields, a.said = set(append(a.fields, rest.fields...)), a.said+"\n  "+rest.said
	return a, err
}

// apply asks what the server says to a new object that comes by server-side
// apply, as Helm 4 and `kubectl apply --server-side` send it: lists that are maps
// then must not hold a key twice.
func (c *cluster) apply(o object, text string) (answer, error) {
	path, _ := c.path(o)
	return c.judgement(http.MethodPatch, path+"/"+o.Metadata.Name+dryRun+strict+"&force=true", "application/apply-patch+yaml", text)
}

func (c *cluster) judgement(method, path, contentType, text string) (answer, error) {
	code, body, err := c.ask(method, path, contentType, text)
	if err != nil {
		return answer{}, err
	}
	return read(code, body)
}

// answer is what one of the two says of an object.
type answer struct {
	refused bool
	fields  []string // sorted, each once
	vague   bool     // fields are one of several at most, and have no indexes
	strict  bool     // it is refused for its fields' names alone
	said    string
}

func (a answer) String() string {
	if !a.refused {
		return "accepted"
	}
	return strings.TrimSpace("refused: " + strings.Join(a.fields, ", "))
}

// What a decoder says. The strict one knows all unknown fields and their paths,
// the other stops at the first value that it cannot read.
var (
	unknownField = regexp.MustCompile(`unknown field "([^"]+)"`)
	wrongType    = regexp.MustCompile(`Go struct field \w+\.([\w./-]+) of type`)
)

// read makes an answer of a reply of the API server.
func read(code int, body []byte) (answer, error) {
	if code == http.StatusOK || code == http.StatusCreated {
		return answer{}, nil
	}
	if strings.HasPrefix(string(body), "stream error") {
		// What becomes of a request on which the server's own code panics.
		return answer{refused: true, vague: true, said: string(body)}, nil
	}
	var status struct {
		Message, Reason string
		Details         struct {
			Causes []struct{ Reason, Message, Field string }
		}
	}
	if err := json.Unmarshal(body, &status); err != nil {
		return answer{}, fmt.Errorf("answer %d is no Status: %w\n%s", code, err, body)
	}
	a := answer{refused: true, said: fmt.Sprintf("%d %s: %s", code, status.Reason, status.Message)}
	switch code {
	case http.StatusUnprocessableEntity:
		for _, cause := range status.Details.Causes {
			a.fields = append(a.fields, cause.Field)
		}
	case http.StatusBadRequest:
		for _, m := range unknownField.FindAllStringSubmatch(status.Message, -1) {
			a.fields = append(a.fields, m[1])
		}
		a.strict = strings.Contains(status.Message, "strict decoding error")
		if a.vague = a.fields == nil; a.vague {
			if m := wrongType.FindStringSubmatch(status.Message); m != nil {
				a.fields = []string{m[1]}
			}
		}
	case http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError:
		a.vague = true // an admission plugin names no field
	default:
		return answer{}, fmt.Errorf("the server did not judge: %s", a.said)
	}
	a.fields = set(a.fields)
	return a, nil
}

func set(fields []string) []string {
	fields = slices.Clone(fields)
	slices.Sort(fields)
	return slices.Compact(fields)
}
