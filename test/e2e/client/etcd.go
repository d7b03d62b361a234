package main

import (
	"context"
	"fmt"
	"log"
	"strconv"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// etcd has a key for each id, below the prefix that the application's user may use.
type etcd struct{ config }

type etcdConnection struct {
	client *clientv3.Client
	prefix string
}

func (e etcd) dial(ctx context.Context, host, user, key string) (*clientv3.Client, error) {
	password := ""
	if user != "" {
		var err error
		if password, err = e.credential(key); err != nil {
			return nil, err
		}
	}
	client, err := clientv3.New(clientv3.Config{
		Context:         context.WithoutCancel(ctx),
		Endpoints:       []string{withPort(host, "2379")},
		Username:        user,
		Password:        password,
		DialTimeout:     writeTimeout,
		MaxUnaryRetries: 1, // one try
	})
	if err != nil {
		return nil, fmt.Errorf("log in to %s as %q: %w", host, user, err)
	}
	return client, nil
}

func (e etcd) connect(ctx context.Context) (connection, error) {
	client, err := e.dial(ctx, e.host, e.username, "password")
	if err != nil {
		return nil, err
	}
	c := etcdConnection{client: client, prefix: "/"}
	if e.database != "" {
		c.prefix = "/" + e.database + "/"
	}
	if _, err := client.Get(ctx, c.prefix+"ping"); err != nil {
		c.close()
		return nil, fmt.Errorf("read from %s: %w", e.host, err)
	}
	return c, nil
}

func (c etcdConnection) key(set string, id int64) string {
	return c.prefix + set + "/" + strconv.FormatInt(id, 10)
}

func (etcdConnection) prepare(context.Context, string) error { return nil }

func (c etcdConnection) write(ctx context.Context, set string, r row) error {
	_, err := c.client.Put(ctx, c.key(set, r.id), r.payload)
	return err
}

// load puts as many keys into a transaction as etcd takes by default.
func (c etcdConnection) load(ctx context.Context, set string, rows []row) error {
	for batch := range batches(rows, 128) {
		puts := make([]clientv3.Op, 0, len(batch))
		for _, r := range batch {
			puts = append(puts, clientv3.OpPut(c.key(set, r.id), r.payload))
		}
		if _, err := c.client.Txn(ctx).Then(puts...).Commit(); err != nil {
			return fmt.Errorf("put ids %d to %d: %w", batch[0].id, batch[len(batch)-1].id, err)
		}
	}
	return nil
}

// read takes pages of one revision, so that they are of one moment.
func (c etcdConnection) read(ctx context.Context, set string) ([]row, error) {
	prefix := c.prefix + set + "/"
	from, end, revision := prefix, clientv3.GetPrefixRangeEnd(prefix), int64(0)
	var rows []row
	for {
		page, err := c.client.Get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(2000), clientv3.WithRev(revision))
		if err != nil {
			return nil, fmt.Errorf("read the keys from %q: %w", from, err)
		}
		for _, kv := range page.Kvs {
			id, err := strconv.ParseInt(strings.TrimPrefix(string(kv.Key), prefix), 10, 64)
			if err != nil {
				id = -1 // of nobody's, so it counts as foreign
			}
			rows = append(rows, row{id: id, payload: string(kv.Value)})
		}
		if !page.More || len(page.Kvs) == 0 {
			return rows, nil
		}
		revision = page.Header.Revision
		from = string(page.Kvs[len(page.Kvs)-1].Key) + "\x00"
	}
}

func (c etcdConnection) close() { c.client.Close() } //nolint:errcheck // it is gone either way

// administrator is root where the release has users: the membership is not for others.
func (e etcd) administrator(ctx context.Context, host string) (*clientv3.Client, error) {
	if !e.hasCredential("root-password") {
		return e.dial(ctx, host, "", "")
	}
	return e.dial(ctx, host, "root", "root-password")
}

func (e etcd) role(ctx context.Context, host string) (answer, error) {
	client, err := e.administrator(ctx, host)
	if err != nil {
		return answer{}, err
	}
	defer client.Close() //nolint:errcheck // it is gone either way
	status, err := client.Status(ctx, withPort(host, "2379"))
	if err != nil {
		return answer{}, fmt.Errorf("ask %s for its status: %w", host, err)
	}
	list, err := client.MemberList(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("ask %s for the members: %w", host, err)
	}
	a := answer{Role: roleMember}
	if status.Leader == status.Header.MemberId {
		a.Role = roleLeader
	}
	for _, m := range list.Members {
		if m.ID == status.Header.MemberId {
			a.Member = m.Name
		}
	}
	return a, nil
}

// members lists them as any member does, and asks each for its status.
func (e etcd) members(ctx context.Context) ([]member, error) {
	client, err := e.administrator(ctx, e.host)
	if err != nil {
		return nil, err
	}
	defer client.Close() //nolint:errcheck // it is gone either way
	list, err := client.MemberList(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the members: %w", err)
	}
	members := make([]member, 0, len(list.Members))
	for _, m := range list.Members {
		role := roleVoter
		if m.IsLearner {
			role = "learner"
		}
		healthy := len(m.ClientURLs) > 0 && e.answers(ctx, client, m.ClientURLs[0])
		members = append(members, member{Name: m.Name, Role: role, Healthy: healthy})
	}
	return members, nil
}

// answers says whether the member at url has a leader and no complaints.
func (e etcd) answers(ctx context.Context, client *clientv3.Client, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	status, err := client.Status(ctx, url)
	if err != nil {
		log.Printf("ask %s for its status: %v", url, err)
		return false
	}
	return status.Leader != 0 && len(status.Errors) == 0
}
