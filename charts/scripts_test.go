package charts_test

import (
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// sandbox is a container's file system for a script under test: the scripts as
// the chart mounts them, and fake programs that write their calls to a log.
type sandbox struct {
	t    *testing.T
	root string
	env  []string
}

func newSandbox(t *testing.T, preset string) *sandbox {
	s := &sandbox{t: t, root: t.TempDir()}
	for _, pattern := range []string{"stateful/files/lib.sh", "stateful/files/" + preset + "/*.sh"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			s.write("home/scripts/"+filepath.Base(file), string(text))
		}
	}
	s.write("home/credentials/password", "app-secret")
	s.write("home/credentials/superuser-password", "root-secret")
	s.write("home/config/postgresql.conf", "")
	require.NoError(t, os.MkdirAll(s.path("run"), 0o755))
	s.env = []string{
		"STATEWARD_HOME=" + s.path("home"), "STATEWARD_RUN_DIR=" + s.path("run"), "CALLS=" + s.path("calls"),
		"PATH=" + s.path("bin") + ":/usr/bin:/bin",
	}
	return s
}

func (s *sandbox) path(name string) string { return filepath.Join(s.root, name) }

func (s *sandbox) write(name, text string) {
	require.NoError(s.t, os.MkdirAll(filepath.Dir(s.path(name)), 0o755))
	require.NoError(s.t, os.WriteFile(s.path(name), []byte(text), 0o755))
}

func (s *sandbox) read(name string) string {
	text, err := os.ReadFile(s.path(name))
	require.NoError(s.t, err)
	return string(text)
}

// fake puts a program on PATH that logs its call and then runs body.
func (s *sandbox) fake(name, body string) {
	s.write("bin/"+name, "#!/bin/sh\necho \""+name+" $*\" >>\"$CALLS\"\n"+body+"\n")
}

// run runs a script; it gives its output and exit code.
func (s *sandbox) run(script string, args ...string) (string, int) {
	cmd := exec.Command("sh", append([]string{s.path("home/scripts/" + script)}, args...)...)
	cmd.Env = s.env
	out, err := cmd.CombinedOutput()
	var failed *exec.ExitError
	if !errors.As(err, &failed) {
		require.NoError(s.t, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (s *sandbox) calls() string {
	text, err := os.ReadFile(s.path("calls"))
	if os.IsNotExist(err) {
		return ""
	}
	require.NoError(s.t, err)
	return string(text)
}

func TestCredentials(t *testing.T) {
	dir := t.TempDir()
	secret := func(existing string, keys ...string) map[string]string {
		out := filepath.Join(dir, "secret.yaml")
		args := append([]string{"stateful/files/credentials.sh", existing, out, "shop-credentials", `{"a":"b"}`}, keys...)
		log, err := exec.Command("sh", args...).CombinedOutput()
		require.NoError(t, err, string(log))
		text, err := os.ReadFile(out)
		require.NoError(t, err)
		var manifest struct {
			APIVersion string `json:"apiVersion"`
			Kind, Type string
			Metadata   struct {
				Name   string
				Labels map[string]string
			}
			Data map[string]string
		}
		require.NoError(t, yaml.UnmarshalStrict(text, &manifest))
		require.Equal(t, "Secret", manifest.Kind)
		require.Equal(t, "shop-credentials", manifest.Metadata.Name)
		require.Equal(t, map[string]string{"a": "b"}, manifest.Metadata.Labels)
		for key, value := range manifest.Data {
			decoded, err := base64.StdEncoding.DecodeString(value)
			require.NoError(t, err)
			manifest.Data[key] = string(decoded)
		}
		return manifest.Data
	}

	empty := t.TempDir()
	first := secret(empty, "password=32", "superuser-password=48")
	require.Regexp(t, "^[A-Za-z0-9]{32}$", first["password"])
	require.Regexp(t, "^[A-Za-z0-9]{48}$", first["superuser-password"])
	require.NotEqual(t, first, secret(empty, "password=32", "superuser-password=48"), "random")

	existing := t.TempDir()
	odd := "with a line\nbreak, \x00 and \xff" + strings.Repeat("x", 200)
	require.NoError(t, os.WriteFile(filepath.Join(existing, "password"), []byte(odd), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(existing, "theirs"), []byte("kept"), 0o600))
	second := secret(existing, "password=32", "new=8")
	require.Equal(t, odd, second["password"], "what is there stays, byte for byte")
	require.Equal(t, "kept", second["theirs"], "keys nobody asked for stay")
	require.Regexp(t, "^[A-Za-z0-9]{8}$", second["new"])
	require.Len(t, second, 3)
}
