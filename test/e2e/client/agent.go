package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"
)

// loadConnections is how many connections a load uses: enough to keep a server busy,
// few enough for a small one.
const loadConnections = 4

// setName holds the names that every system takes for a table, a topic, a stream and a key.
var setName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,40}$`)

// agent runs the commands against one system and keeps the writers.
type agent struct {
	system system

	mu      sync.Mutex
	writers map[string]*writer
}

// serve runs the agent until ctx ends.
func serve(ctx context.Context) error {
	s, err := newSystem(os.Getenv("SYSTEM"), config{
		host:        os.Getenv("HOST"),
		headless:    os.Getenv("HEADLESS"),
		username:    os.Getenv("USERNAME"),
		database:    os.Getenv("DATABASE"),
		credentials: os.Getenv("CREDENTIALS"),
	})
	if err != nil {
		return err
	}
	redis.SetLogger(silent{})
	server := &http.Server{Addr: address, Handler: newAgent(s), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { server.Close() }) //nolint:errcheck // the process ends
	log.Printf("agent of %s at %s", os.Getenv("SYSTEM"), address)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listen at %s: %w", address, err)
	}
	return nil
}

func newAgent(s system) *agent {
	return &agent{system: s, writers: map[string]*writer{}}
}

// ServeHTTP takes a command as a JSON array of its words, and answers with its JSON or,
// with another status than 200, the text of its error.
func (a *agent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var args []string
	if err := json.NewDecoder(r.Body).Decode(&args); err != nil {
		http.Error(w, fmt.Sprintf("decode the command: %v", err), http.StatusBadRequest)
		return
	}
	started := time.Now()
	result, err := a.command(r.Context(), args)
	if err != nil {
		// The first words say what was tried.
		err = fmt.Errorf("%s: %w", strings.Join(args, " "), err)
		log.Printf("%v (%v)", err, time.Since(started))
		w.WriteHeader(http.StatusInternalServerError)
		io.WriteString(w, err.Error()) //nolint:errcheck // who asked has gone
		return
	}
	text, err := json.Marshal(result)
	if err != nil {
		http.Error(w, fmt.Sprintf("encode the answer: %v", err), http.StatusInternalServerError)
		return
	}
	log.Printf("%s: %s (%v)", strings.Join(args, " "), text, time.Since(started))
	w.Write(append(text, '\n')) //nolint:errcheck // who asked has gone
}

// options are the flags of all commands; each command has some of them.
type options struct {
	set         string
	count       int64
	connections int
	times       int
	pause       time.Duration
	timeout     time.Duration
	host        string
}

// parse reads the flags; which of them a command needs is said by their names.
func parse(args []string, timeout time.Duration, needed ...string) (options, error) {
	var o options
	flags := flag.NewFlagSet("client", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.DurationVar(&o.timeout, "timeout", timeout, "")
	for _, name := range needed {
		switch name {
		case "set":
			flags.StringVar(&o.set, name, "", "")
		case "count":
			flags.Int64Var(&o.count, name, 0, "")
		case "connections":
			flags.IntVar(&o.connections, name, 4, "")
		case "times":
			flags.IntVar(&o.times, name, 1, "")
		case "pause":
			flags.DurationVar(&o.pause, name, 10*time.Millisecond, "")
		case "host":
			flags.StringVar(&o.host, name, "", "")
		}
	}
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is no flag", flags.Arg(0))
	case slices.Contains(needed, "set") && !setName.MatchString(o.set):
		return o, fmt.Errorf("-set is %q, it must match %s", o.set, setName)
	case slices.Contains(needed, "count") && o.count <= 0:
		return o, errors.New("-count must be more than 0")
	case slices.Contains(needed, "connections") && o.connections <= 0:
		return o, errors.New("-connections must be more than 0")
	case slices.Contains(needed, "times") && o.times <= 0:
		return o, errors.New("-times must be more than 0")
	case slices.Contains(needed, "host") && o.host == "":
		return o, errors.New("-host is empty")
	}
	return o, nil
}

func (a *agent) command(ctx context.Context, args []string) (any, error) {
	name, rest := "", args
	if len(args) > 0 {
		name, rest = args[0], args[1:]
	}
	if name == "writer" && len(rest) > 0 {
		name, rest = name+" "+rest[0], rest[1:]
	}
	switch name {
	case "wait":
		return a.wait(ctx, rest)
	case "load":
		return a.load(ctx, rest)
	case "verify":
		return a.verify(ctx, rest)
	case "writer start":
		return a.writerStart(ctx, rest)
	case "writer stop":
		return a.writerStop(ctx, rest)
	case "role":
		return a.role(ctx, rest)
	case "members":
		return a.members(ctx, rest)
	case "try":
		return a.try(ctx, rest)
	}
	return nil, errors.New("no such command")
}

type duration struct {
	Seconds float64 `json:"seconds"`
}

func (a *agent) wait(ctx context.Context, args []string) (any, error) {
	o, err := parse(args, time.Minute)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	took, err := writeUntilAcknowledged(ctx, a.system, "wait")
	return duration{seconds(took)}, err
}

func (a *agent) try(ctx context.Context, args []string) (any, error) {
	o, err := parse(args, writeTimeout)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	started := time.Now()
	err = writeOnce(ctx, a.system, "try", started.UnixMilli())
	return duration{seconds(time.Since(started))}, err
}

func (a *agent) load(ctx context.Context, args []string) (any, error) {
	o, err := parse(args, 10*time.Minute, "set", "count")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	started := time.Now()
	if err := a.prepare(ctx, o.set); err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	for k := range int64(loadConnections) {
		rows := newRows(o.set, o.count*k/loadConnections, o.count*(k+1)/loadConnections)
		group.Go(func() error {
			c, err := connectIn(ctx, a.system, writeTimeout)
			if err != nil {
				return err
			}
			defer c.close()
			return c.load(ctx, o.set, rows)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return struct {
		Rows    int64   `json:"rows"`
		Seconds float64 `json:"seconds"`
	}{o.count, seconds(time.Since(started))}, nil
}

func (a *agent) prepare(ctx context.Context, set string) error {
	c, err := connectIn(ctx, a.system, writeTimeout)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.prepare(ctx, set); err != nil {
		return fmt.Errorf("prepare the set %q: %w", set, err)
	}
	return nil
}

func (a *agent) verify(ctx context.Context, args []string) (any, error) {
	o, err := parse(args, 10*time.Minute, "set", "count")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	rows, err := readOnce(ctx, a.system, o.set)
	if err != nil {
		return nil, err
	}
	return verify(o.set, o.count, rows), nil
}

func (a *agent) writerStart(ctx context.Context, args []string) (any, error) {
	o, err := parse(args, 30*time.Second, "set", "connections", "pause")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.writers[o.set] != nil {
		return nil, fmt.Errorf("the set %q has a writer; its ids would be used again", o.set)
	}
	if err := a.prepare(ctx, o.set); err != nil {
		return nil, err
	}
	a.writers[o.set] = startWriter(a.system, o.set, o.connections, o.pause)
	return struct {
		Started bool `json:"started"`
	}{true}, nil
}

// writerStop goes on when who asked has gone: a second stop gets the report.
func (a *agent) writerStop(ctx context.Context, args []string) (any, error) {
	o, err := parse(args, 10*time.Minute, "set")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.timeout)
	defer cancel()
	a.mu.Lock()
	w := a.writers[o.set]
	a.mu.Unlock()
	if w == nil {
		return nil, fmt.Errorf("the set %q has no writer", o.set)
	}
	return w.stop(ctx)
}

func (a *agent) role(ctx context.Context, args []string) (any, error) {
	o, err := parse(args, 30*time.Second, "host", "times")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	answers := make([]answer, 0, o.times)
	for range o.times {
		answer, err := a.system.role(ctx, o.host)
		if err != nil {
			return nil, fmt.Errorf("ask connection %d for its role: %w", len(answers)+1, err)
		}
		answers = append(answers, answer)
	}
	return struct {
		Answers []answer `json:"answers"`
	}{answers}, nil
}

func (a *agent) members(ctx context.Context, args []string) (any, error) {
	o, err := parse(args, 30*time.Second)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	members, err := a.system.members(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(members, func(x, y member) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Role, y.Role))
	})
	return struct {
		Members []member `json:"members"`
	}{members}, nil
}
