package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// answerError is an error that a server answered with.
type answerError string

func (e answerError) Error() string { return string(e) }
func (answerError) RedisError()     {}

var _ redis.Error = answerError("")

func TestRedirection(t *testing.T) {
	tests := map[error]struct {
		address string
		ask     bool
	}{
		answerError("MOVED 3999 db-1.db-headless.ns.svc:6379"):                           {"db-1.db-headless.ns.svc:6379", false},
		fmt.Errorf("pipeline: %w", answerError("ASK 3999 db-1.db-headless.ns.svc:6379")): {"db-1.db-headless.ns.svc:6379", true},
		answerError("CLUSTERDOWN The cluster is down"):                                   {},
		errors.New("MOVED 3999 of nobody"):                                               {},
		nil:                                                                              {},
	}
	for err, want := range tests {
		address, ask := redirection(err)
		require.Equal(t, want.address, address, err)
		require.Equal(t, want.ask, ask, err)
	}
}

func TestNodeOf(t *testing.T) {
	for line, want := range map[string]node{
		"07c3 10.1.2.3:6379@16379,db-0.db-headless.ns.svc.cluster.local,nodename=db-0/a/b myself,master - 0 0 1 connected 0-5460": {
			member{"db-0", "master", true}, true},
		"07c4 10.1.2.4:6379@16379,db-3.db-headless.ns.svc.cluster.local slave 07c3 0 1 1 connected": {
			member{"db-3", roleReplica, true}, false},
		"07c5 10.1.2.5:6379@16379,db-1.db-headless.ns.svc.cluster.local master,fail? - 0 1 2 connected 5461-10922": {
			member{"db-1", "master", false}, false},
		"07c6 10.1.2.6:6379@16379,db-2.db-headless.ns.svc.cluster.local master - 0 1 3 disconnected": {
			member{"db-2", "master", false}, false},
	} {
		got, ok := redisCluster{}.nodeOf(t.Context(), strings.Fields(line))
		require.True(t, ok, line)
		require.Equal(t, want, got, line)
	}
	_, ok := redisCluster{}.nodeOf(t.Context(), strings.Fields("vars currentEpoch 6"))
	require.False(t, ok)
}

func TestReplicaOf(t *testing.T) {
	require.Equal(t, member{"db-1", roleReplica, true}, replicaOf("ip=db-1.db-headless.ns.svc,port=6379,state=online,offset=14,lag=0"))
	require.Equal(t, member{"db-2", roleReplica, false}, replicaOf("ip=db-2,port=6379,state=wait_bgsave,offset=0,lag=0"))
}
