package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// natsSystem is NATS with JetStream: a stream for each set, and a message for each row.
type natsSystem struct{ config }

type natsConnection struct {
	natsSystem
	conn   *nats.Conn
	stream jetstream.JetStream
}

func (n natsSystem) dial(ctx context.Context, host, user, key string) (*nats.Conn, error) {
	password, err := n.credential(key)
	if err != nil {
		return nil, err
	}
	timeout := writeTimeout
	if deadline, ok := ctx.Deadline(); ok {
		timeout = min(timeout, time.Until(deadline))
	}
	conn, err := nats.Connect("nats://"+withPort(host, "4222"), nats.UserInfo(user, password),
		nats.Timeout(timeout), nats.NoReconnect())
	if err != nil {
		return nil, fmt.Errorf("log in to %s as %s: %w", host, user, err)
	}
	return conn, nil
}

// user is the application's: the example of the chart's preset "custom" has it as "app".
func (n natsSystem) user() string { return cmp.Or(n.username, "app") }

func (n natsSystem) connect(ctx context.Context) (connection, error) {
	conn, err := n.dial(ctx, n.host, n.user(), "password")
	if err != nil {
		return nil, err
	}
	stream, err := jetstream.New(conn)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("use JetStream: %w", err)
	}
	return natsConnection{natsSystem: n, conn: conn, stream: stream}, nil
}

// prepare makes a stream on three servers, or on one where there is one only.
func (c natsConnection) prepare(ctx context.Context, set string) error {
	settings := jetstream.StreamConfig{Name: set, Subjects: []string{subject(set)}, Storage: jetstream.FileStorage, Replicas: 3}
	_, err := c.stream.CreateStream(ctx, settings)
	if err == nil || errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return nil
	}
	members, membersErr := c.members(ctx)
	if membersErr != nil {
		return errors.Join(fmt.Errorf("make the stream: %w", err), membersErr)
	}
	if len(members) > 1 {
		return fmt.Errorf("make the stream: %w", err)
	}
	settings.Replicas = 1
	if _, err := c.stream.CreateStream(ctx, settings); err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return fmt.Errorf("make the stream with one replica: %w", err)
	}
	return nil
}

func subject(set string) string { return "sets." + set }

func text(r row) []byte { return fmt.Appendf(nil, "%d %s", r.id, r.payload) }

func (c natsConnection) write(ctx context.Context, set string, r row) error {
	_, err := c.stream.Publish(ctx, subject(set), text(r), jetstream.WithRetryAttempts(0))
	return err
}

func (c natsConnection) load(ctx context.Context, set string, rows []row) error {
	// Not more at a time than the stream's leader takes without dropping any.
	for batch := range batches(rows, 200) {
		futures := make([]jetstream.PubAckFuture, 0, len(batch))
		for _, r := range batch {
			future, err := c.stream.PublishAsync(subject(set), text(r), jetstream.WithRetryAttempts(0))
			if err != nil {
				return fmt.Errorf("publish id %d: %w", r.id, err)
			}
			futures = append(futures, future)
		}
		for i, future := range futures {
			select {
			case <-future.Ok():
			case err := <-future.Err():
				return fmt.Errorf("publish id %d: %w", batch[i].id, err)
			case <-ctx.Done():
				return fmt.Errorf("publish id %d: %w", batch[i].id, ctx.Err())
			}
		}
	}
	return nil
}

// read takes the stream from its first message to the last there is when it begins.
func (c natsConnection) read(ctx context.Context, set string) ([]row, error) {
	stream, err := c.stream.Stream(ctx, set)
	if err != nil {
		return nil, fmt.Errorf("look at the stream: %w", err)
	}
	state := stream.CachedInfo().State
	if state.Msgs == 0 {
		return nil, nil
	}
	consumer, err := stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return nil, fmt.Errorf("make a consumer: %w", err)
	}
	var rows []row
	for {
		messages, err := consumer.Fetch(1000, jetstream.FetchMaxWait(writeTimeout))
		if err != nil {
			return nil, fmt.Errorf("fetch: %w", err)
		}
		before := len(rows)
		for message := range messages.Messages() {
			metadata, err := message.Metadata()
			if err != nil {
				return nil, fmt.Errorf("read a message's place in the stream: %w", err)
			}
			rows = append(rows, rowOf(string(message.Data())))
			if metadata.Sequence.Stream >= state.LastSeq {
				return rows, nil
			}
		}
		if err := messages.Error(); err != nil {
			return nil, fmt.Errorf("fetch: %w", err)
		}
		if len(rows) == before {
			return nil, fmt.Errorf("the stream has %d messages and gave %d in %v", state.Msgs, before, writeTimeout)
		}
	}
}

func rowOf(text string) row {
	first, payload, _ := strings.Cut(text, " ")
	id, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		id = -1 // of nobody's, so it counts as foreign
	}
	return row{id: id, payload: payload}
}

func (c natsConnection) close() { c.conn.Close() }

// serverReport is what a server says about itself and about the group that elects leaders. Its
// leader alone lists the others.
type serverReport struct {
	Server struct {
		Name string `json:"name"`
	} `json:"server"`
	Data struct {
		Meta struct {
			Leader   string `json:"leader"`
			Replicas []struct {
				Name    string `json:"name"`
				Current bool   `json:"current"`
				Offline bool   `json:"offline"`
			} `json:"replicas"`
		} `json:"meta_cluster"`
	} `json:"data"`
}

// reports asks as the system account's user, which alone may, through the server at host: that
// one, or all of them, until enough says that what came suffices.
func (n natsSystem) reports(ctx context.Context, host string, all bool, enough func(serverReport) bool) ([]serverReport, error) {
	conn, err := n.dial(ctx, host, "system", "system-password")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	target := "SERVER.PING"
	if !all {
		target = "SERVER." + conn.ConnectedServerId()
	}
	inbox := conn.NewRespInbox()
	answers, err := conn.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("wait for answers: %w", err)
	}
	if err := conn.PublishRequest("$SYS.REQ."+target+".JSZ", inbox, []byte("{}")); err != nil {
		return nil, fmt.Errorf("ask the servers: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	var reports []serverReport
	for {
		message, err := answers.NextMsgWithContext(ctx)
		if err != nil && len(reports) > 0 {
			return reports, nil // those that are away say nothing
		}
		if err != nil {
			return nil, fmt.Errorf("wait for the servers' answers: %w", err)
		}
		var report serverReport
		if err := json.Unmarshal(message.Data, &report); err != nil {
			return nil, fmt.Errorf("decode a server's answer: %w", err)
		}
		if reports = append(reports, report); enough(report) {
			return reports, nil
		}
	}
}

func (n natsSystem) role(ctx context.Context, host string) (answer, error) {
	reports, err := n.reports(ctx, host, false, func(serverReport) bool { return true })
	if err != nil {
		return answer{}, err
	}
	a := answer{Role: roleMember, Member: reports[0].Server.Name}
	if a.Member == reports[0].Data.Meta.Leader {
		a.Role = roleLeader
	}
	return a, nil
}

func (n natsSystem) members(ctx context.Context) ([]member, error) {
	leads := func(r serverReport) bool { return r.Server.Name == r.Data.Meta.Leader }
	reports, err := n.reports(ctx, n.host, true, leads)
	if err != nil {
		return nil, err
	}
	last := reports[len(reports)-1]
	if !leads(last) && len(reports) > 1 {
		return nil, fmt.Errorf("none of the %d servers that answered leads the others", len(reports))
	}
	members := []member{{Name: last.Server.Name, Role: roleVoter, Healthy: true}}
	for _, r := range last.Data.Meta.Replicas {
		members = append(members, member{Name: r.Name, Role: roleVoter, Healthy: r.Current && !r.Offline})
	}
	return members, nil
}
