package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// said runs a command against an agent and returns what its wrapper prints, or its error.
func said(t *testing.T, a *agent, command string) (string, error) {
	t.Helper()
	args, err := json.Marshal(strings.Fields(command))
	require.NoError(t, err)
	recorder := httptest.NewRecorder()
	a.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(args)))
	var out bytes.Buffer
	err = answered(recorder.Result(), &out)
	return strings.TrimSpace(out.String()), err
}

func TestCommands(t *testing.T) {
	a := newAgent(fakeSystem{&fake{}})
	answer, err := said(t, a, "load -set orders -count 10")
	require.NoError(t, err)
	require.Regexp(t, `^{"rows":10,"seconds":[\d.]+}$`, answer)

	answer, err = said(t, a, "verify -set orders -count 10")
	require.NoError(t, err)
	require.Regexp(t, `^{"rows":10,"missing":0,"duplicated":0,"altered":0,"foreign":0,"checksum":"[0-9a-f]{64}"}$`, answer)

	answer, err = said(t, a, "members")
	require.NoError(t, err)
	require.Equal(t, `{"members":[{"name":"a","role":"primary","healthy":false},{"name":"a","role":"replica","healthy":false},`+
		`{"name":"b","role":"","healthy":false}]}`, answer)

	answer, err = said(t, a, "role -host h -times 2")
	require.NoError(t, err)
	require.Equal(t, `{"answers":[{"role":"primary","member":"h"},{"role":"primary","member":"h"}]}`, answer)

	for _, command := range []string{"wait -timeout 1s", "try -timeout 1s"} {
		answer, err = said(t, a, command)
		require.NoError(t, err)
		require.Regexp(t, `^{"seconds":[\d.]+}$`, answer)
	}
}

func TestWriterCommands(t *testing.T) {
	a := newAgent(fakeSystem{&fake{}})
	answer, err := said(t, a, "writer start -set orders -connections 2 -pause 1ms")
	require.NoError(t, err)
	require.Equal(t, `{"started":true}`, answer)
	_, err = said(t, a, "writer start -set orders")
	require.ErrorContains(t, err, `the set "orders" has a writer`)
	answer, err = said(t, a, "writer stop -set orders")
	require.NoError(t, err)
	require.Contains(t, answer, `"lost":0,"lostIDs":[],"duplicated":0`)
	require.NotContains(t, answer, "lostSpan")
}

func TestCommandErrors(t *testing.T) {
	a := newAgent(fakeSystem{&fake{}})
	for command, want := range map[string]string{
		"":                                   "no such command",
		"dance":                              "dance: no such command",
		"writer":                             "writer: no such command",
		"load -set orders":                   "-count must be more than 0",
		"load -set Orders -count 1":          `-set is "Orders", it must match`,
		"verify -set orders -count 1 -x":     "flag provided but not defined",
		"role -times 2":                      "-host is empty",
		"role -host h -times 0":              "-times must be more than 0",
		"wait soon":                          `"soon" is no flag`,
		"writer start -set a -connections 0": "-connections must be more than 0",
		"writer stop -set nobody":            `the set "nobody" has no writer`,
	} {
		_, err := said(t, a, command)
		require.ErrorContains(t, err, want, command)
	}
}
