package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// redisCluster is Redis Cluster or Valkey Cluster: a key for each id, over all masters.
type redisCluster struct{ config }

type redisClusterConnection struct {
	client *redis.ClusterClient
	// single makes a client of one member, for a key that moved there.
	single func(address string) *redis.Client
	moved  map[string]*redis.Client
}

func (s redisCluster) connect(ctx context.Context) (connection, error) {
	password, err := s.credential("password")
	if err != nil {
		return nil, err
	}
	// The driver repeats a command after a broken connection as often as it follows
	// redirections; so it does neither, and write follows them.
	client := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:                 []string{withPort(s.host, "6379")},
		Username:              s.username,
		Password:              password,
		Protocol:              2,
		PoolSize:              1,
		MaxRedirects:          -1,
		MaxRetries:            -1,
		DialerRetries:         1,
		DialTimeout:           writeTimeout,
		ContextTimeoutEnabled: true,
		DisableIdentity:       true,
	})
	c := redisClusterConnection{client: client, moved: map[string]*redis.Client{}}
	c.single = func(address string) *redis.Client {
		return redis.NewClient(&redis.Options{Addr: address, Username: s.username, Password: password, Protocol: 2,
			PoolSize: 1, MaxRetries: -1, DialerRetries: 1, DialTimeout: writeTimeout, ContextTimeoutEnabled: true, DisableIdentity: true})
	}
	// All masters need not answer: one that is away holds up its own keys only.
	if _, err := client.MasterForKey(ctx, "ping"); err != nil {
		client.Close() //nolint:errcheck // it is of no use
		return nil, fmt.Errorf("ask %s for the masters: %w", s.host, err)
	}
	return c, nil
}

func (redisClusterConnection) prepare(context.Context, string) error { return nil }

// write follows the cluster's redirections, as every client of it must: the member that
// redirects has not done the command.
func (c redisClusterConnection) write(ctx context.Context, set string, r row) error {
	key := redisKey(set, r.id)
	client, err := c.client.MasterForKey(ctx, key)
	if err != nil {
		return fmt.Errorf("find the master: %w", err)
	}
	asking := false
	for range 5 {
		if asking {
			_, err = client.Pipelined(ctx, func(p redis.Pipeliner) error {
				p.Do(ctx, "asking")
				p.Set(ctx, key, r.payload, 0)
				return nil
			})
		} else {
			err = client.Set(ctx, key, r.payload, 0).Err()
		}
		address := ""
		if address, asking = redirection(err); address == "" {
			return err
		}
		if client = c.moved[address]; client == nil {
			client = c.single(address)
			c.moved[address] = client
		}
	}
	return fmt.Errorf("followed five redirections: %w", err)
}

// redirection reads "MOVED SLOT ADDRESS" and "ASK SLOT ADDRESS".
func redirection(err error) (address string, ask bool) {
	var answer redis.Error
	if !errors.As(err, &answer) {
		return "", false
	}
	words := strings.Fields(answer.Error())
	if len(words) != 3 || words[0] != "MOVED" && words[0] != "ASK" {
		return "", false
	}
	return words[2], words[0] == "ASK"
}

func (c redisClusterConnection) load(ctx context.Context, set string, rows []row) error {
	return redisLoad(ctx, c.client, set, rows)
}

func (c redisClusterConnection) read(ctx context.Context, set string) ([]row, error) {
	// As it is now: the masters of a moment ago may have fewer slots.
	c.client.ReloadState(ctx)
	var mu sync.Mutex
	var rows []row
	err := c.client.ForEachMaster(ctx, func(ctx context.Context, client *redis.Client) error {
		found, err := redisRead(ctx, client, set)
		if err != nil {
			return fmt.Errorf("read from %s: %w", client.Options().Addr, err)
		}
		mu.Lock()
		defer mu.Unlock()
		rows = append(rows, found...)
		return nil
	})
	return rows, err
}

func (c redisClusterConnection) close() {
	c.client.Close() //nolint:errcheck // it is gone either way
	for _, client := range c.moved {
		client.Close() //nolint:errcheck // it is gone either way
	}
}

// node is a line of CLUSTER NODES.
type node struct {
	member
	myself bool
}

// nodes asks as "admin", since the application's user may not ask for the cluster's state.
func (s redisCluster) nodes(ctx context.Context, host string) ([]node, error) {
	client, err := redisSystem(s).administrator(ctx, host)
	if err != nil {
		return nil, err
	}
	defer client.Close() //nolint:errcheck // it is gone either way
	text, err := client.ClusterNodes(ctx).Result()
	if err != nil {
		return nil, fmt.Errorf("ask for the nodes: %w", err)
	}
	var nodes []node
	for line := range strings.Lines(text) {
		if n, ok := s.nodeOf(ctx, strings.Fields(line)); ok {
			nodes = append(nodes, n)
		}
	}
	return nodes, nil
}

// nodeOf reads "ID IP:PORT@PORT,HOSTNAME,... FLAGS MASTER PING PONG EPOCH LINK SLOT...".
func (s redisCluster) nodeOf(ctx context.Context, words []string) (node, bool) {
	if len(words) < 8 {
		return node{}, false
	}
	address, names, _ := strings.Cut(words[1], ",")
	hostname, _, _ := strings.Cut(names, ",")
	n := node{member: member{Name: firstLabel(hostname), Role: roleReplica, Healthy: words[7] == "connected"}}
	if n.Name == "" {
		address, _, _ = strings.Cut(address, "@")
		if ip, _, err := net.SplitHostPort(address); err == nil {
			n.Name = s.memberAt(ctx, ip)
		}
	}
	for flag := range strings.SplitSeq(words[2], ",") {
		switch flag {
		case "master":
			n.Role = "master"
		case "myself":
			n.myself = true
		case "fail", "fail?", "handshake", "noaddr":
			n.Healthy = false
		}
	}
	return n, true
}

func (s redisCluster) role(ctx context.Context, host string) (answer, error) {
	nodes, err := s.nodes(ctx, host)
	if err != nil {
		return answer{}, err
	}
	for _, n := range nodes {
		if n.myself && n.Role == "master" {
			return answer{Role: rolePrimary, Member: n.Name}, nil
		}
		if n.myself {
			return answer{Role: roleReplica, Member: n.Name}, nil
		}
	}
	return answer{}, fmt.Errorf("%s does not name itself among its nodes", host)
}

func (s redisCluster) members(ctx context.Context) ([]member, error) {
	nodes, err := s.nodes(ctx, s.host)
	members := make([]member, 0, len(nodes))
	for _, n := range nodes {
		members = append(members, n.member)
	}
	return members, err
}
