package charts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// newLibrary is a sandbox with the library's own scripts and the files that the
// chart mounts beside them.
func newLibrary(t *testing.T) *sandbox {
	s := &sandbox{t: t, root: t.TempDir()}
	for _, name := range []string{"lib.sh", "label.sh"} {
		text, err := os.ReadFile("stateful/files/" + name)
		require.NoError(t, err)
		s.write("home/scripts/"+name, string(text))
	}
	s.write("home/topology/members.server", "db-0.db\ndb-1.db\n")
	s.write("account/token", "secret-token")
	require.NoError(t, os.MkdirAll(s.path("run"), 0o755))
	s.env = []string{
		"STATEWARD_HOME=" + s.path("home"), "STATEWARD_RUN_DIR=" + s.path("run"), "CALLS=" + s.path("calls"),
		"STATEWARD_ACCOUNT_DIR=" + s.path("account"), "STATEWARD_POOL=server", "STATEWARD_MEMBER=db-1",
		"STATEWARD_HEADLESS=db.prod.svc", "STATEWARD_NAMESPACE=prod",
		"KUBERNETES_SERVICE_HOST=api", "KUBERNETES_SERVICE_PORT=443",
		"PATH=" + s.path("bin") + ":/usr/bin:/bin",
	}
	return s
}

func TestLibraryFunctions(t *testing.T) {
	for script, want := range map[string]string{
		"members":        "db-0.db\ndb-1.db\n",
		"members server": "db-0.db\ndb-1.db\n",
		"fqdn":           "db-1.db.prod.svc\n",
		"ordinal":        "1\n",
		"set_role replica; set_role primary; cat \"$STATEWARD_RUN_DIR/role\"": "primary\n",
		"await 4 nothing true; echo done":                                     "done\n",
	} {
		s := newLibrary(t)
		s.write("home/scripts/try.sh", ". \"$STATEWARD_HOME/scripts/lib.sh\"\n"+script)
		out, code := s.run("try.sh")
		require.Zero(t, code, script)
		require.Contains(t, out, want, script)
	}
}

// A wait ends, and says what it waited for.
func TestAwaitGivesUp(t *testing.T) {
	s := newLibrary(t)
	s.write("home/scripts/try.sh", ". \"$STATEWARD_HOME/scripts/lib.sh\"\nawait 1 'the primary' false\necho never")
	out, code := s.run("try.sh")
	require.Equal(t, 1, code)
	require.Contains(t, out, "error: gave up waiting for the primary")
	require.NotContains(t, out, "never")
}

// The label follows the file, is tried again when the API server refuses, and the
// token is in no argument.
func TestRoleFollowsTheFile(t *testing.T) {
	s := newLibrary(t)
	s.fake("curl", `cat >>"$CALLS.stdin"; [ -e "$CALLS.up" ] && echo taken >>"$CALLS"`)
	cmd := exec.Command("sh", s.path("home/scripts/label.sh"))
	cmd.Env = s.env
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Kill() }()
	calls := func(want int) func() bool {
		return func() bool { return strings.Count(s.calls(), "curl ") >= want }
	}
	s.write("run/role", "replica\n")
	require.Eventually(t, calls(2), 20*time.Second, 50*time.Millisecond, "a refused call is tried again")
	s.write("calls.up", "")
	require.Eventually(t, func() bool { return strings.Contains(s.calls(), "taken") }, 20*time.Second, 50*time.Millisecond)
	require.Contains(t, s.calls(), `{"stateward.dev/role":"replica"}`)
	s.write("run/role", "primary\n")
	require.Eventually(t, func() bool { return strings.Contains(s.calls(), `{"stateward.dev/role":"primary"}`) }, 20*time.Second, 50*time.Millisecond)
	require.Contains(t, s.calls(), "https://api:443/api/v1/namespaces/prod/pods/db-1")
	require.NotContains(t, s.calls(), "secret-token")
	require.Contains(t, s.read("calls.stdin"), `Authorization: Bearer secret-token`)

	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait(), "TERM ends it at once, and well")
}

// Two files that say the same for longer than this will drift apart.
func TestLibraryFilesShareNoRuns(t *testing.T) {
	const most = 12
	var files []string
	for _, pattern := range []string{"stateful/templates/*.tpl", "stateful/templates/*/*.tpl", "stateful/files/*.sh", "stateful/files/*/*.sh", "stateful/files/*/*/*.sh"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, found...)
	}
	require.NotEmpty(t, files)
	seen := map[string]string{} // run of lines -> first file
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var lines []string
		for line := range strings.Lines(string(text)) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
		for i := 0; i+most < len(lines); i++ {
			run := strings.Join(lines[i:i+most+1], "\n")
			if other, ok := seen[run]; ok && other != file {
				t.Errorf("%s and %s share more than %d lines, from:\n%s", other, file, most, run)
				break
			}
			seen[run] = file
		}
	}
}
