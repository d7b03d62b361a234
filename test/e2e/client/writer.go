package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	writeTimeout   = 5 * time.Second
	reconnectPause = 100 * time.Millisecond
)

// writer writes one row after the other on each of its connections and keeps what was
// acknowledged, until it is stopped.
type writer struct {
	system  system
	set     string
	pause   time.Duration
	started time.Time
	cancel  context.CancelFunc
	workers sync.WaitGroup

	mu      sync.Mutex
	history history

	stopping sync.Mutex
	report   *writerReport
}

func startWriter(s system, set string, connections int, pause time.Duration) *writer {
	ctx, cancel := context.WithCancel(context.Background())
	w := &writer{system: s, set: set, pause: pause, started: time.Now(), cancel: cancel}
	w.history.messages = map[string]int{}
	for k := range connections {
		w.workers.Go(func() { w.work(ctx, int64(k), int64(connections)) })
	}
	return w
}

// work writes the ids first, first+step, ... until ctx ends. An id is used once, whatever
// becomes of its write.
func (w *writer) work(ctx context.Context, first, step int64) {
	var c connection
	defer func() {
		if c != nil {
			c.close()
		}
	}()
	for id := first; ctx.Err() == nil; {
		if c == nil {
			var err error
			if c, err = w.connect(ctx); err != nil {
				c = nil
				w.failed(ctx, err)
				sleep(ctx, reconnectPause)
				continue
			}
		}
		if err := w.write(ctx, c, id); err != nil {
			c.close()
			c = nil
			sleep(ctx, reconnectPause)
		} else {
			sleep(ctx, w.pause)
		}
		id += step
	}
}

func (w *writer) connect(ctx context.Context) (connection, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	c, err := w.system.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return c, nil
}

// write is not broken off by a stop: its end says whether the row must be there.
func (w *writer) write(ctx context.Context, c connection, id int64) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	err := c.write(ctx, w.set, newRow(w.set, id))
	at := time.Since(w.started)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.history.unknown = append(w.history.unknown, id)
		w.history.errors++
		w.history.messages[message(fmt.Errorf("write: %w", err))]++
		return err
	}
	w.history.acknowledged = append(w.history.acknowledged, acknowledgement{id: id, at: at})
	return nil
}

// failed counts a connection that could not be made, unless the stop broke it off.
func (w *writer) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.history.errors++
	w.history.messages[message(err)]++
}

// stop ends the writing, reads the set and compares. Called again it returns the same report,
// or reads again when it could not be read.
func (w *writer) stop(ctx context.Context) (*writerReport, error) {
	w.stopping.Lock()
	defer w.stopping.Unlock()
	if w.report != nil {
		return w.report, nil
	}
	asked := time.Since(w.started)
	w.cancel()
	w.workers.Wait()
	if w.history.stopped == 0 {
		w.history.stopped = asked
	}
	rows, err := readPatiently(ctx, w.system, w.set, 60*time.Second)
	if err != nil {
		return nil, err
	}
	report := judge(w.set, w.history, rows)
	w.report = &report
	return w.report, nil
}

// readPatiently tries again for as long as no read of the whole set succeeds: a failure says
// nothing about the rows. A set that was read is not read again, whatever it lacks.
func readPatiently(ctx context.Context, s system, set string, patience time.Duration) ([]row, error) {
	deadline := time.Now().Add(patience)
	for {
		rows, err := readOnce(ctx, s, set)
		if err == nil {
			return rows, nil
		}
		if ctx.Err() != nil || time.Now().After(deadline) {
			return nil, err
		}
		sleep(ctx, time.Second)
	}
}

func readOnce(ctx context.Context, s system, set string) ([]row, error) {
	c, err := connectIn(ctx, s, writeTimeout)
	if err != nil {
		return nil, err
	}
	defer c.close()
	rows, err := c.read(ctx, set)
	if err != nil {
		return nil, fmt.Errorf("read the set %q: %w", set, err)
	}
	return rows, nil
}

func connectIn(ctx context.Context, s system, timeout time.Duration) (connection, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c, err := s.connect(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return c, nil
}

// writeOnce makes a connection, prepares the set and writes one row, with no second try.
func writeOnce(ctx context.Context, s system, set string, id int64) error {
	c, err := s.connect(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer c.close()
	if err := c.prepare(ctx, set); err != nil {
		return fmt.Errorf("prepare the set %q: %w", set, err)
	}
	if err := c.write(ctx, set, newRow(set, id)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// writeUntilAcknowledged tries until a write succeeds and says how long that took.
func writeUntilAcknowledged(ctx context.Context, s system, set string) (time.Duration, error) {
	started := time.Now()
	for {
		err := func() error {
			ctx, cancel := context.WithTimeout(ctx, writeTimeout)
			defer cancel()
			return writeOnce(ctx, s, set, time.Now().UnixMilli())
		}()
		if err == nil {
			return time.Since(started), nil
		}
		sleep(ctx, 200*time.Millisecond)
		if ctx.Err() != nil {
			return 0, fmt.Errorf("no write was acknowledged in %.0f s, the last try: %w", time.Since(started).Seconds(), err)
		}
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
