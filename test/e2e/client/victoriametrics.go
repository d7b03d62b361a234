package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// victoriaMetrics has a series for each row, with one sample: the labels are the row.
type victoriaMetrics struct{ config }

type victoriaMetricsConnection struct {
	client *http.Client
	base   string
}

func (v victoriaMetrics) dial(ctx context.Context, host string) (victoriaMetricsConnection, error) {
	// A transport of its own has a connection of its own. A POST is sent again only when nothing
	// of it was sent before, because the server had closed the connection.
	transport := &http.Transport{
		DialContext:     (&net.Dialer{Timeout: writeTimeout}).DialContext,
		MaxConnsPerHost: 1,
	}
	c := victoriaMetricsConnection{client: &http.Client{Transport: transport}, base: "http://" + withPort(host, "8428")}
	if _, err := c.call(ctx, http.MethodGet, "/health", nil); err != nil {
		return c, err
	}
	return c, nil
}

func (v victoriaMetrics) connect(ctx context.Context) (connection, error) {
	c, err := v.dial(ctx, v.host)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// call returns the body of an answer that says that all went well.
func (c victoriaMetricsConnection) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make a request: %w", err)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close() //nolint:errcheck // it was read to its end
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: read the answer: %w", method, request.URL.Path, err)
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return nil, fmt.Errorf("%s %s: %s: %s", method, request.URL.Path, response.Status, text[:min(len(text), 200)])
	}
	return text, nil
}

// series is a line of the import and of the export.
type series struct {
	Metric struct {
		Name    string `json:"__name__"`
		Set     string `json:"set"`
		ID      string `json:"id"`
		Payload string `json:"payload"`
	} `json:"metric"`
	Values     []float64 `json:"values"`
	Timestamps []int64   `json:"timestamps"`
}

const (
	metricName = "stateward_row"
	// settling is longer than the two seconds in which the server flushes by itself.
	settling = 5 * time.Second
)

func (victoriaMetricsConnection) prepare(context.Context, string) error { return nil }

func (c victoriaMetricsConnection) write(ctx context.Context, set string, r row) error {
	return c.load(ctx, set, []row{r})
}

func (c victoriaMetricsConnection) load(ctx context.Context, set string, rows []row) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	for _, r := range rows {
		s := series{Values: []float64{1}, Timestamps: []int64{time.Now().UnixMilli()}}
		s.Metric.Name, s.Metric.Set, s.Metric.ID, s.Metric.Payload = metricName, set, strconv.FormatInt(r.id, 10), r.payload
		if err := encoder.Encode(s); err != nil {
			return fmt.Errorf("encode id %d: %w", r.id, err)
		}
	}
	_, err := c.call(ctx, http.MethodPost, "/api/v1/import", body.Bytes())
	return err
}

// read has the server make what it took in visible first. A row that a flush of the server's own
// has in hand is missed by that one, and seen some seconds later, so it is read until two reads
// with some seconds between them have the same rows.
func (c victoriaMetricsConnection) read(ctx context.Context, set string) ([]row, error) {
	previous := -1
	for {
		if _, err := c.call(ctx, http.MethodGet, "/internal/force_flush", nil); err != nil {
			return nil, err
		}
		rows, err := c.export(ctx, set)
		if err != nil || len(rows) == previous {
			return rows, err
		}
		previous = len(rows)
		if sleep(ctx, settling); ctx.Err() != nil {
			return nil, fmt.Errorf("wait for %d rows to settle: %w", previous, ctx.Err())
		}
	}
}

// export returns the rows that are visible. A sample is a row: a series with two of them was
// written twice.
func (c victoriaMetricsConnection) export(ctx context.Context, set string) ([]row, error) {
	query := url.Values{"match[]": {fmt.Sprintf("%s{set=%q}", metricName, set)}, "start": {"0"}}
	text, err := c.call(ctx, http.MethodGet, "/api/v1/export?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	var rows []row
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		var s series
		if err := decoder.Decode(&s); errors.Is(err, io.EOF) {
			return rows, nil
		} else if err != nil {
			return nil, fmt.Errorf("decode the export: %w", err)
		}
		id, err := strconv.ParseInt(s.Metric.ID, 10, 64)
		if err != nil {
			id = -1 // of nobody's, so it counts as foreign
		}
		for range s.Values {
			rows = append(rows, row{id: id, payload: s.Metric.Payload})
		}
	}
}

func (c victoriaMetricsConnection) close() { c.client.CloseIdleConnections() }

// role asks the server for nothing but a sign of life: there is one, and it takes writes.
func (v victoriaMetrics) role(ctx context.Context, host string) (answer, error) {
	c, err := v.dial(ctx, host)
	if err != nil {
		return answer{}, err
	}
	defer c.close()
	return answer{Role: rolePrimary, Member: v.soleMember(ctx)}, nil
}

func (v victoriaMetrics) members(ctx context.Context) ([]member, error) {
	a, err := v.role(ctx, v.host)
	if err != nil {
		return nil, err
	}
	return []member{{Name: a.Member, Role: a.Role, Healthy: true}}, nil
}
