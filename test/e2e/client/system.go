package main

import (
	"context"
	"fmt"
	"iter"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// system is a database under test. Nothing here tries again: who calls sees each failure.
type system interface {
	// connect makes a connection for reads and writes. Names are looked up and credentials
	// read anew, and the server has answered once.
	connect(ctx context.Context) (connection, error)
	// role asks the server that a new connection to host reaches who it is.
	role(ctx context.Context, host string) (answer, error)
	// members is what the system itself knows about its membership, in any order.
	members(ctx context.Context) ([]member, error)
}

// connection is used by one goroutine at a time and is of no use after an error.
type connection interface {
	// prepare makes what a set needs (a table, a topic, a stream) unless it is there.
	prepare(ctx context.Context, set string) error
	// write returns nil once the system has acknowledged the row.
	write(ctx context.Context, set string, r row) error
	// load writes rows in bulk, each as durable as one written alone.
	load(ctx context.Context, set string, rows []row) error
	// read returns all rows of a set, duplicates included, in any order.
	read(ctx context.Context, set string) ([]row, error)
	close()
}

// answer is what one server says about itself.
type answer struct {
	Role   string `json:"role"`
	Member string `json:"member"`
}

// member is one of those a system knows to belong to it.
type member struct {
	Name    string `json:"name"`
	Role    string `json:"role"`
	Healthy bool   `json:"healthy"`
}

const (
	rolePrimary = "primary"
	roleReplica = "replica"
	roleMember  = "member"
	roleLeader  = "leader"
	roleVoter   = "voter"
)

// config is what the harness tells by the environment.
type config struct {
	host, headless, username, database, credentials string
}

// newSystem finds the implementation by the name of the chart's preset.
func newSystem(name string, c config) (system, error) {
	switch name {
	case "postgresql":
		return postgresql{c}, nil
	case "mysql":
		return mysqlSystem{config: c, processlist: "performance_schema.processlist"}, nil
	case "mariadb":
		return mysqlSystem{config: c, processlist: "information_schema.processlist"}, nil
	case "redis", "valkey":
		return redisSystem{c}, nil
	case "redis-cluster", "valkey-cluster":
		return redisCluster{c}, nil
	case "etcd":
		return etcd{c}, nil
	case "kafka":
		return kafka{c}, nil
	case "nats":
		return natsSystem{c}, nil
	case "victoria-metrics":
		return victoriaMetrics{c}, nil
	}
	return nil, fmt.Errorf("SYSTEM is %q, which is no system this client knows", name)
}

// credential reads a key of the release's Secret as it is now. Without CREDENTIALS the
// release has no Secret, and there is no password.
func (c config) credential(key string) (string, error) {
	if c.credentials == "" {
		return "", nil
	}
	text, err := os.ReadFile(filepath.Join(c.credentials, key))
	if err != nil {
		return "", fmt.Errorf("read the key %q of the release's Secret: %w", key, err)
	}
	return strings.TrimRight(string(text), "\n"), nil
}

// hasCredential says whether the Secret has the key: some users exist in some patterns only.
func (c config) hasCredential(key string) bool {
	if c.credentials == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(c.credentials, key))
	return err == nil
}

// memberAt is the name of the pod with this address, which the headless Service tells;
// the address itself where it does not.
func (c config) memberAt(ctx context.Context, ip string) string {
	names, err := net.DefaultResolver.LookupAddr(ctx, ip)
	if err != nil {
		return ip
	}
	for _, name := range names {
		if label, rest, _ := strings.Cut(name, "."); firstLabel(rest) == firstLabel(c.headless) {
			return label
		}
	}
	return ip
}

// soleMember is the name of the only pod behind the headless Service, for systems that
// do not know their own name; empty when there are several.
func (c config) soleMember(ctx context.Context) string {
	ips, err := net.DefaultResolver.LookupHost(ctx, c.headless)
	if err != nil || len(ips) != 1 {
		return ""
	}
	return c.memberAt(ctx, ips[0])
}

// firstLabel is the pod's name in the name that a member has in DNS.
func firstLabel(host string) string {
	label, _, _ := strings.Cut(host, ".")
	return label
}

// withPort adds the system's port to a host that has none.
func withPort(host, port string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(host, port)
}

// batches are the rows in order, at most size at a time.
func batches(rows []row, size int) iter.Seq[[]row] { return slices.Chunk(rows, size) }
