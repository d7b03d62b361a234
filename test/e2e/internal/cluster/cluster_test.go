package cluster

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func twoTrios() *Cluster {
	return &Cluster{changed: sync.NewCond(&sync.Mutex{}), trios: []*trio{
		{name: "1", nodes: []string{"a1", "b1", "c1"}, taken: map[string]bool{}},
		{name: "2", nodes: []string{"a2", "b2", "c2"}, taken: map[string]bool{}},
	}}
}

func TestTakeKeepsThreesWhole(t *testing.T) {
	c := twoTrios()
	var nodes []string
	for range 3 {
		slot, err := c.Take(t.Context(), 1)
		require.NoError(t, err)
		nodes = append(nodes, slot.Nodes...)
		require.Equal(t, map[string]string{"kubernetes.io/hostname": slot.Nodes[0]}, slot.Selector())
	}
	require.Equal(t, []string{"a1", "b1", "c1"}, nodes)
	three, err := c.Take(t.Context(), 3)
	require.NoError(t, err)
	require.Equal(t, []string{"a2", "b2", "c2"}, three.Nodes)
	require.Equal(t, map[string]string{SlotLabel: "2"}, three.Selector())
}

func TestTakeWaitsUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := twoTrios()
		for range 2 {
			_, err := c.Take(t.Context(), 3)
			require.NoError(t, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := c.Take(ctx, 1)
			ended <- err
		}()
		synctest.Wait() // until it waits
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}
