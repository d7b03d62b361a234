package charts_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The role is what the user's scripts say, and only that.
func TestCustomProbe(t *testing.T) {
	tests := map[string]struct {
		role, ready string // scripts of the user
		code        int
		out, file   string
	}{
		"a primary":                 {role: "echo primary", file: "primary\n"},
		"a replica":                 {role: "echo replica", ready: "exit 0", file: "replica\n"},
		"no script":                 {code: 1, out: "server.scripts has no role.sh"},
		"a script that fails":       {role: "echo primary; exit 3", code: 1, out: "role.sh failed"},
		"a word nobody knows":       {role: "echo master", code: 1, out: `role.sh printed "master"`},
		"nothing":                   {role: "true", code: 1, out: `role.sh printed ""`},
		"not ready, whatever it is": {role: "echo primary", ready: "exit 1", code: 1, out: "ready.sh says no"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t, "custom/primary-replica")
			if tt.role != "" {
				s.write("home/scripts/role.sh", tt.role)
			}
			if tt.ready != "" {
				s.write("home/scripts/ready.sh", tt.ready)
			}
			out, code := s.run("probe.sh", "readiness")
			require.Equal(t, tt.code, code, out)
			require.Contains(t, out, tt.out)
			if tt.file == "" {
				require.NoFileExists(t, s.path("run/role"), "a role that nobody said")
				return
			}
			text, err := os.ReadFile(s.path("run/role"))
			require.NoError(t, err)
			require.Equal(t, tt.file, string(text))
		})
	}
}
