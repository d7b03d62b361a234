package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// redisSystem is Redis or Valkey, with or without Sentinel: a key for each id.
type redisSystem struct{ config }

type redisConnection struct{ client *redis.Client }

// dial makes a client with one connection that repeats nothing: neither a command nor a dial.
func (s redisSystem) dial(ctx context.Context, host, user, key string) (*redis.Client, error) {
	password, err := s.credential(key)
	if err != nil {
		return nil, err
	}
	client := redis.NewClient(&redis.Options{
		Addr:                  withPort(host, "6379"),
		Username:              user,
		Password:              password,
		Protocol:              2,
		PoolSize:              1,
		MaxRetries:            -1,
		DialerRetries:         1,
		DialTimeout:           writeTimeout,
		ContextTimeoutEnabled: true,
		DisableIdentity:       true,
	})
	if err := client.Ping(ctx).Err(); err != nil {
		client.Close() //nolint:errcheck // it is of no use
		return nil, fmt.Errorf("log in to %s: %w", host, err)
	}
	return client, nil
}

// administrator logs in as the user that may ask for settings and members: "admin" where
// the Secret has its password, else the application's user, which then may do everything.
func (s redisSystem) administrator(ctx context.Context, host string) (*redis.Client, error) {
	if s.hasCredential("admin-password") {
		return s.dial(ctx, host, "admin", "admin-password")
	}
	return s.dial(ctx, host, s.username, "password")
}

func (s redisSystem) connect(ctx context.Context) (connection, error) {
	client, err := s.dial(ctx, s.host, s.username, "password")
	if err != nil {
		return nil, err
	}
	return redisConnection{client}, nil
}

func redisKey(set string, id int64) string { return set + ":" + strconv.FormatInt(id, 10) }

func (redisConnection) prepare(context.Context, string) error { return nil }

func (c redisConnection) write(ctx context.Context, set string, r row) error {
	return c.client.Set(ctx, redisKey(set, r.id), r.payload, 0).Err()
}

func (c redisConnection) load(ctx context.Context, set string, rows []row) error {
	return redisLoad(ctx, c.client, set, rows)
}

func redisLoad(ctx context.Context, client redis.Cmdable, set string, rows []row) error {
	for batch := range batches(rows, 500) {
		_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, r := range batch {
				p.Set(ctx, redisKey(set, r.id), r.payload, 0)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("set ids %d to %d: %w", batch[0].id, batch[len(batch)-1].id, err)
		}
	}
	return nil
}

func (c redisConnection) read(ctx context.Context, set string) ([]row, error) {
	return redisRead(ctx, c.client, set)
}

// redisRead reads the keys of a set from one server. A scan may show a key twice, which
// says nothing about what is stored.
func redisRead(ctx context.Context, client *redis.Client, set string) ([]row, error) {
	keys := map[string]bool{}
	scan := client.Scan(ctx, 0, set+":*", 1000).Iterator()
	for scan.Next(ctx) {
		keys[scan.Val()] = true
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("scan the keys: %w", err)
	}
	values := make(map[string]*redis.StringCmd, len(keys))
	var rows []row
	flush := func(p redis.Pipeliner) error {
		if _, err := p.Exec(ctx); err != nil {
			return fmt.Errorf("get the values: %w", err)
		}
		for key, value := range values {
			id, err := strconv.ParseInt(strings.TrimPrefix(key, set+":"), 10, 64)
			if err != nil {
				id = -1 // of nobody's, so it counts as foreign
			}
			rows = append(rows, row{id: id, payload: value.Val()})
		}
		clear(values)
		return nil
	}
	pipeline := client.Pipeline()
	for key := range keys {
		if values[key] = pipeline.Get(ctx, key); len(values) == 1000 {
			if err := flush(pipeline); err != nil {
				return nil, err
			}
		}
	}
	return rows, flush(pipeline)
}

func (c redisConnection) close() { c.client.Close() } //nolint:errcheck // it is gone either way

func (s redisSystem) role(ctx context.Context, host string) (answer, error) {
	a, _, err := s.identify(ctx, host)
	return a, err
}

func (s redisSystem) members(ctx context.Context) ([]member, error) {
	primary, replicas, err := s.identify(ctx, s.host)
	return append(replicas, member{Name: primary.Member, Role: primary.Role, Healthy: true}), err
}

// identify asks the server at host for its role, its name, and the replicas it knows. The
// name is the one it announces, which is a setting.
func (s redisSystem) identify(ctx context.Context, host string) (answer, []member, error) {
	client, err := s.administrator(ctx, host)
	if err != nil {
		return answer{}, nil, err
	}
	defer client.Close() //nolint:errcheck // it is gone either way
	settings, err := client.ConfigGet(ctx, "replica-announce-ip").Result()
	if err != nil {
		return answer{}, nil, fmt.Errorf("ask for the name: %w", err)
	}
	info, err := client.Info(ctx, "replication").Result()
	if err != nil {
		return answer{}, nil, fmt.Errorf("ask for the role: %w", err)
	}
	a := answer{Role: roleReplica, Member: firstLabel(settings["replica-announce-ip"])}
	if a.Member == "" {
		a.Member = s.soleMember(ctx)
	}
	var replicas []member
	for line := range strings.Lines(info) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch {
		case key == "role" && value == "master":
			a.Role = rolePrimary
		case strings.HasPrefix(key, "slave") && strings.HasPrefix(value, "ip="):
			replicas = append(replicas, replicaOf(value))
		}
	}
	return a, replicas, nil
}

// replicaOf reads "ip=NAME,port=6379,state=online,offset=1,lag=0".
func replicaOf(text string) member {
	m := member{Role: roleReplica}
	for field := range strings.SplitSeq(text, ",") {
		switch key, value, _ := strings.Cut(field, "="); key {
		case "ip":
			m.Name = firstLabel(value)
		case "state":
			m.Healthy = value == "online"
		}
	}
	return m
}

// silent keeps the driver from writing about lost connections, which the errors tell.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
