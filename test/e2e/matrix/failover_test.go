package matrix

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/stateward/stateward/test/e2e/internal/result"
)

const (
	// away is for how long nodes are cut off and the API server does not answer:
	// longer than any lease of the systems here, shorter than Kubernetes' eviction.
	away = 45 * time.Second
	// afterwards is for how long writes must go on before a fault is over.
	afterwards = 5 * time.Second
)

// checkFailover: the node of the member that leads is lost, cut off, and comes back;
// the API server is away. Writes go on without that node where the system promises so.
func checkFailover(t *testing.T, r *release) {
	goesOn := !r.single() && !r.Manual
	r.underWriter(t, "node of the leader killed", r.MayLose, func(*result.Trial) {
		leader := r.leader(t)
		_, restarts, err := r.server(t.Context(), leader)
		require.NoError(t, err)
		start, err := lab.Stop(t.Context(), r.nodeOf(t, leader))
		require.NoError(t, err)
		defer func() { require.NoError(t, start(context.WithoutCancel(t.Context()))) }()
		if goesOn {
			r.writable(t)
			pause(t, afterwards)
		}
		require.NoError(t, start(t.Context()))
		r.startedAgain(t, leader, restarts)
	})
	r.verifyKept(t)
	if !r.single() {
		r.members(t, r.Members)
	}
	r.underWriter(t, "node of the leader cut off", r.MayLose, func(*result.Trial) {
		node := r.nodeOf(t, r.leader(t))
		require.NoError(t, lab.Disconnect(t.Context(), node))
		defer func() { require.NoError(t, lab.Reconnect(context.WithoutCancel(t.Context()), node)) }()
		if goesOn {
			r.writable(t)
		}
		pause(t, away)
	})
	r.verifyKept(t)
	if r.single() {
		return
	}
	r.members(t, r.Members)
	if r.Manual {
		r.underWriter(t, "primary: 1", "", func(*result.Trial) { r.upgrade(t, map[string]any{"primary": 1}) })
		require.Equal(t, r.member(1), r.leader(t))
		r.underWriter(t, "primary: 0", "", func(*result.Trial) { r.upgrade(t, nil) })
		require.Equal(t, r.member(0), r.leader(t))
	}
	r.underWriter(t, "API server away", "", func(*result.Trial) {
		require.NoError(t, r.withoutAPI(t, away))
	})
	r.verifyKept(t)
	r.members(t, r.Members)
}

// pause lets time pass: the length of a fault, which is no condition to wait for.
func pause(t *testing.T, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
