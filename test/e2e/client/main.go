// Package main is the client of the cluster tests: a program that runs in a pod and speaks the
// protocol of a database through the chart's Services, as an application would.
//
// "client serve" is the agent; every other command posts itself to the agent and prints its answer,
// so that nothing ends because kubectl's connection breaks.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// address is where the agent listens: reachable from its own pod only.
const address = "127.0.0.1:7070"

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		// One line: the harness shows it as the reason.
		fmt.Fprintln(os.Stderr, strings.Join(strings.Fields(err.Error()), " "))
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("usage: client serve | wait | load | verify | writer start | writer stop | role | members | try")
	}
	if args[0] == "serve" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		return serve(ctx)
	}
	return ask(args, out)
}

// ask hands the command to the agent. An agent that does not listen yet gets five seconds: the
// request was not sent, so nothing happens twice.
func ask(args []string, out io.Writer) error {
	body, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("encode the command: %w", err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		response, err := http.Post("http://"+address+"/", "application/json", bytes.NewReader(body))
		if errors.Is(err, syscall.ECONNREFUSED) && time.Now().Before(deadline) {
			time.Sleep(100 * time.Millisecond)
			continue
		}
		if err != nil {
			return fmt.Errorf("ask the agent: %w", err)
		}
		return answered(response, out)
	}
}

func answered(response *http.Response, out io.Writer) error {
	defer response.Body.Close() //nolint:errcheck // it was read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the agent's answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(string(text))
	}
	_, err = out.Write(text)
	return err
}
