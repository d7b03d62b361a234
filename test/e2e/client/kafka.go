package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

const (
	kafkaPartitions = 6
	kafkaReplicas   = 3
)

// kafka has a topic for each set, and a record for each row.
type kafka struct{ config }

type kafkaConnection struct {
	kafka
	client *kgo.Client
}

// dial makes a client whose producer waits for all replicas and is idempotent: what it sends
// again by itself, within the time of one write, is stored once.
func (k kafka) dial(ctx context.Context, host, user, key string, more ...kgo.Opt) (*kgo.Client, error) {
	password, err := k.credential(key)
	if err != nil {
		return nil, err
	}
	options := []kgo.Opt{
		kgo.SeedBrokers(withPort(host, "9092")),
		kgo.DialTimeout(writeTimeout),
		kgo.RetryTimeout(writeTimeout),
		kgo.RetryBackoffFn(func(int) time.Duration { return reconnectPause }),
		kgo.MetadataMinAge(reconnectPause),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(0),
		kgo.RecordDeliveryTimeout(writeTimeout),
		kgo.AllowIdempotentProduceCancellation(), // else a write would have no end
	}
	if password != "" {
		options = append(options, kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha512Mechanism()))
	}
	client, err := kgo.NewClient(append(options, more...)...)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	if err := client.Ping(ctx); err != nil {
		client.Close()
		return nil, fmt.Errorf("log in to %s as %s: %w", host, user, err)
	}
	return client, nil
}

func (k kafka) connect(ctx context.Context) (connection, error) {
	client, err := k.dial(ctx, k.host, k.username, "password")
	if err != nil {
		return nil, err
	}
	return kafkaConnection{kafka: k, client: client}, nil
}

// prepare returns when each partition has a leader: a topic is known to the brokers some time
// after it was made.
func (c kafkaConnection) prepare(ctx context.Context, set string) error {
	admin := kadm.NewClient(c.client)
	_, err := admin.CreateTopic(ctx, kafkaPartitions, kafkaReplicas, nil, set)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("make the topic: %w", err)
	}
	for {
		metadata, err := admin.Metadata(ctx, set)
		if err != nil {
			return fmt.Errorf("look at the topic: %w", err)
		}
		led := 0
		for _, partition := range metadata.Topics[set].Partitions {
			if partition.Err == nil && partition.Leader >= 0 {
				led++
			}
		}
		if led == kafkaPartitions {
			return nil
		}
		if sleep(ctx, reconnectPause); ctx.Err() != nil {
			return fmt.Errorf("%d of %d partitions have a leader: %w", led, kafkaPartitions, ctx.Err())
		}
	}
}

func record(set string, r row) *kgo.Record {
	return &kgo.Record{Topic: set, Key: []byte(strconv.FormatInt(r.id, 10)), Value: []byte(r.payload)}
}

func (c kafkaConnection) write(ctx context.Context, set string, r row) error {
	return c.client.ProduceSync(ctx, record(set, r)).FirstErr()
}

func (c kafkaConnection) load(ctx context.Context, set string, rows []row) error {
	for batch := range batches(rows, 1000) {
		records := make([]*kgo.Record, 0, len(batch))
		for _, r := range batch {
			records = append(records, record(set, r))
		}
		if err := c.client.ProduceSync(ctx, records...).FirstErr(); err != nil {
			return fmt.Errorf("produce ids %d to %d: %w", batch[0].id, batch[len(batch)-1].id, err)
		}
	}
	return nil
}

// read takes all partitions from their first record to the last there is when it begins.
func (c kafkaConnection) read(ctx context.Context, set string) ([]row, error) {
	admin := kadm.NewClient(c.client)
	starts, err := admin.ListStartOffsets(ctx, set)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the first records: %w", err)
	}
	ends, err := admin.ListEndOffsets(ctx, set)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the last records: %w", err)
	}
	left := map[int32]int64{} // the offset that a partition is to be read to
	from := map[int32]kgo.Offset{}
	ends.Each(func(end kadm.ListedOffset) {
		if start, _ := starts.Lookup(set, end.Partition); start.Offset < end.Offset {
			left[end.Partition] = end.Offset
			from[end.Partition] = kgo.NewOffset().At(start.Offset)
		}
	})
	if len(left) == 0 {
		return nil, nil
	}
	consumer, err := c.dial(ctx, c.host, c.username, "password", kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{set: from}))
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	return consume(ctx, consumer, left)
}

func consume(ctx context.Context, consumer *kgo.Client, left map[int32]int64) ([]row, error) {
	var rows []row
	for len(left) > 0 {
		fetches := consumer.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, fmt.Errorf("consume, %d partitions are left: %w", len(left), err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			end, unread := left[r.Partition]
			if !unread || r.Offset >= end {
				return
			}
			if r.Offset == end-1 {
				delete(left, r.Partition)
			}
			id, err := strconv.ParseInt(string(r.Key), 10, 64)
			if err != nil {
				id = -1 // of nobody's, so it counts as foreign
			}
			rows = append(rows, row{id: id, payload: string(r.Value)})
		})
	}
	return rows, nil
}

func (c kafkaConnection) close() { c.client.Close() }

var expectedID = regexp.MustCompile(`expected (\d+)`)

// role asks as "admin" for the settings of a broker that does not exist: the refusal is the
// only answer in which a broker says which one it is.
func (k kafka) role(ctx context.Context, host string) (answer, error) {
	client, err := k.dial(ctx, host, "admin", "admin-password")
	if err != nil {
		return answer{}, err
	}
	defer client.Close()
	request := kmsg.NewPtrDescribeConfigsRequest()
	resource := kmsg.NewDescribeConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeBroker, "1000000"
	request.Resources = append(request.Resources, resource)
	response, err := client.SeedBrokers()[0].Request(ctx, request)
	if err != nil {
		return answer{}, fmt.Errorf("ask %s who it is: %w", host, err)
	}
	id := int64(-1)
	for _, r := range response.(*kmsg.DescribeConfigsResponse).Resources {
		if r.ErrorMessage == nil {
			continue
		}
		if match := expectedID.FindStringSubmatch(*r.ErrorMessage); match != nil {
			id, err = strconv.ParseInt(match[1], 10, 32)
		}
	}
	if id < 0 || err != nil {
		return answer{}, fmt.Errorf("%s does not say who it is: %+v", host, response)
	}
	brokers, err := kadm.NewClient(client).ListBrokers(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("ask for the brokers: %w", err)
	}
	for _, broker := range brokers {
		if int64(broker.NodeID) == id {
			return answer{Role: roleMember, Member: firstLabel(broker.Host)}, nil
		}
	}
	return answer{}, fmt.Errorf("%s is broker %d, which is not among the brokers", host, id)
}

// members asks as "admin": the application's user may not ask for the controllers.
func (k kafka) members(ctx context.Context) ([]member, error) {
	client, err := k.dial(ctx, k.host, "admin", "admin-password")
	if err != nil {
		return nil, err
	}
	defer client.Close()
	brokers, err := kadm.NewClient(client).ListBrokers(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the brokers: %w", err)
	}
	var members []member
	for _, broker := range brokers {
		// The list has those only that are alive.
		members = append(members, member{Name: firstLabel(broker.Host), Role: "broker", Healthy: true})
	}
	request := kmsg.NewPtrDescribeQuorumRequest()
	topic := kmsg.NewDescribeQuorumRequestTopic()
	topic.Topic = "__cluster_metadata"
	topic.Partitions = append(topic.Partitions, kmsg.NewDescribeQuorumRequestTopicPartition())
	request.Topics = append(request.Topics, topic)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("ask for the controllers: %w", err)
	}
	if err := kerr.ErrorForCode(response.ErrorCode); err != nil {
		return nil, fmt.Errorf("ask for the controllers: %w", err)
	}
	return append(members, controllers(response)...), nil
}

// controllers are the voters; those that asked the leader for news within ten seconds are healthy.
// The time is the leader's, of the last that anybody asked.
func controllers(response *kmsg.DescribeQuorumResponse) []member {
	names := map[int32]string{}
	for _, node := range response.Nodes {
		for _, listener := range node.Listeners {
			names[node.NodeID] = firstLabel(listener.Host)
		}
	}
	var members []member
	for _, topic := range response.Topics {
		for _, partition := range topic.Partitions {
			latest := int64(0)
			for _, state := range append(partition.Observers, partition.CurrentVoters...) {
				latest = max(latest, state.LastFetchTimestamp)
			}
			for _, voter := range partition.CurrentVoters {
				healthy := voter.ReplicaID == partition.LeaderID || latest-voter.LastFetchTimestamp < 10_000
				members = append(members, member{Name: names[voter.ReplicaID], Role: "controller", Healthy: healthy})
			}
		}
	}
	return members
}
