package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// fake is a system in memory. Each write and each connection asks what becomes of it.
type fake struct {
	mu      sync.Mutex
	rows    []row
	opened  int
	write   func(id int64) outcome
	connect func() error
	reads   func() error
}

// outcome of a write: whether it is stored, how often, and what the client is told.
type outcome struct {
	stored int
	after  time.Duration
	err    error
}

type fakeSystem struct{ *fake }

func (f fakeSystem) connect(context.Context) (connection, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened++
	if f.fake.connect != nil {
		if err := f.fake.connect(); err != nil {
			return nil, err
		}
	}
	return fakeConnection{f.fake}, nil
}

func (fakeSystem) role(_ context.Context, host string) (answer, error) {
	return answer{Role: rolePrimary, Member: host}, nil
}

func (fakeSystem) members(context.Context) ([]member, error) {
	return []member{{Name: "b"}, {Name: "a", Role: roleReplica}, {Name: "a", Role: rolePrimary}}, nil
}

type fakeConnection struct{ fake *fake }

func (fakeConnection) prepare(context.Context, string) error { return nil }

func (c fakeConnection) write(ctx context.Context, _ string, r row) error {
	o := outcome{stored: 1}
	if c.fake.write != nil {
		o = c.fake.write(r.id)
	}
	sleep(ctx, o.after)
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	c.fake.rows = append(c.fake.rows, slices.Repeat([]row{r}, o.stored)...)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return o.err
}

func (c fakeConnection) load(_ context.Context, _ string, rows []row) error {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	c.fake.rows = append(c.fake.rows, rows...)
	return nil
}

func (c fakeConnection) read(context.Context, string) ([]row, error) {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	if c.fake.reads != nil {
		if err := c.fake.reads(); err != nil {
			return nil, err
		}
	}
	return slices.Clone(c.fake.rows), nil
}

func (fakeConnection) close() {}

var errBroken = errors.New("broken")

// written runs a writer with pauses of 10 ms against f for a while, in time that does not pass.
func written(t *testing.T, f *fake, connections int, while time.Duration) (report writerReport) {
	synctest.Test(t, func(t *testing.T) {
		w := startWriter(fakeSystem{f}, "orders", connections, 10*time.Millisecond)
		time.Sleep(while)
		got, err := w.stop(t.Context())
		require.NoError(t, err)
		report = *got
	})
	return report
}

func TestWriter(t *testing.T) {
	report := written(t, &fake{}, 4, 995*time.Millisecond)
	require.Equal(t, 400, report.Acknowledged)
	require.Equal(t, 0.995, report.Seconds)
	require.Zero(t, report.Errors+report.Unknown+report.Lost+report.Duplicated+report.Altered+report.Foreign)
}

func TestWriterSeesLostAndDuplicated(t *testing.T) {
	f := &fake{write: func(id int64) outcome {
		switch id {
		case 10:
			return outcome{stored: 0} // acknowledged and not kept
		case 20:
			return outcome{stored: 2}
		}
		return outcome{stored: 1}
	}}
	report := written(t, f, 1, 995*time.Millisecond)
	require.Equal(t, 100, report.Acknowledged)
	require.Equal(t, 1, report.Lost)
	require.Equal(t, []int64{10}, report.LostIDs)
	require.Equal(t, &span{From: 0.1, To: 0.1}, report.LostSpan)
	require.Equal(t, 1, report.Duplicated)
}

// A write that failed is not written again, and the next one has a new connection.
func TestWriterCountsFailedAsUnknown(t *testing.T) {
	f := &fake{write: func(id int64) outcome {
		switch id {
		case 3:
			return outcome{stored: 1, err: errBroken}
		case 5:
			return outcome{err: errBroken}
		}
		return outcome{stored: 1}
	}}
	report := written(t, f, 1, 995*time.Millisecond)
	require.Equal(t, 2, report.Unknown)
	require.Equal(t, 1, report.UnknownStored)
	require.Equal(t, 2, report.Errors)
	require.Equal(t, map[string]int{"write: broken": 2}, report.ErrorMessages)
	require.Zero(t, report.Lost+report.Duplicated+report.Foreign)
	require.Equal(t, 4, f.opened, "three to write and one to read")
}

func TestWriterTimesOut(t *testing.T) {
	f := &fake{write: func(id int64) outcome {
		if id == 3 {
			return outcome{stored: 1, after: time.Hour}
		}
		return outcome{stored: 1}
	}}
	report := written(t, f, 1, 10*time.Second)
	require.Equal(t, 1, report.Unknown)
	require.Equal(t, 5.11, report.LongestGapSeconds, "the pause before, the timeout, and the time before the next connection")
	require.Len(t, report.Gaps, 1)
	require.Equal(t, map[string]int{"write: context deadline exceeded": 1}, report.ErrorMessages)
}

// No id is spent on a connection that was not made.
func TestWriterConnectsAgain(t *testing.T) {
	refused := 0
	f := &fake{connect: func() error {
		if refused++; refused <= 20 {
			return errBroken
		}
		return nil
	}}
	report := written(t, f, 1, 3*time.Second)
	require.Zero(t, report.Unknown)
	require.Equal(t, 20, report.Errors)
	require.Equal(t, map[string]int{"connect: broken": 20}, report.ErrorMessages)
	require.Equal(t, []gap{{0, 2}}, report.Gaps)
}

// The stop waits for the write under way, and counts it.
func TestWriterStopWaits(t *testing.T) {
	f := &fake{write: func(int64) outcome { return outcome{stored: 1, after: 3 * time.Second} }}
	report := written(t, f, 2, time.Second)
	require.Equal(t, 2, report.Acknowledged)
	require.Zero(t, report.Lost)
}

// A stop whose answer was not heard can be asked for again, and so can one that could not read.
func TestWriterStopAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{reads: func() error { return errBroken }}
		w := startWriter(fakeSystem{f}, "orders", 1, 10*time.Millisecond)
		time.Sleep(time.Second)
		stopped := time.Now()
		_, err := w.stop(t.Context())
		require.ErrorIs(t, err, errBroken)
		require.GreaterOrEqual(t, time.Since(stopped), time.Minute)
		f.reads = nil
		first, err := w.stop(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1.0, first.Seconds)
		second, err := w.stop(t.Context())
		require.NoError(t, err)
		require.Equal(t, first, second)
	})
}

func TestWriteUntilAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := 0
		f := &fake{connect: func() error {
			if refused++; refused <= 10 {
				return errBroken
			}
			return nil
		}}
		took, err := writeUntilAcknowledged(t.Context(), fakeSystem{f}, "wait")
		require.NoError(t, err)
		require.Equal(t, 2*time.Second, took)

		f.connect = func() error { return errBroken }
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err = writeUntilAcknowledged(ctx, fakeSystem{f}, "wait")
		require.EqualError(t, err, "no write was acknowledged in 3 s, the last try: connect: broken")
	})
}
