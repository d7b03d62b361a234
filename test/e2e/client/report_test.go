package main

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestVerify(t *testing.T) {
	whole := newRows("orders", 0, 3)
	tests := map[string]struct {
		rows []row
		want verification
	}{
		"whole":      {whole, verification{Rows: 3}},
		"empty":      {nil, verification{Missing: 3}},
		"missing":    {whole[1:], verification{Rows: 2, Missing: 1}},
		"duplicated": {append(newRows("orders", 0, 3), whole[1], whole[1]), verification{Rows: 5, Duplicated: 1}},
		"altered":    {[]row{whole[0], whole[1], {id: 2, payload: whole[1].payload}}, verification{Rows: 3, Altered: 1}},
		"foreign":    {append(newRows("orders", 0, 4), newRow("orders", -1)), verification{Rows: 5, Foreign: 2}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			test.want.Checksum = checksum(test.rows)
			require.Equal(t, test.want, verify("orders", 3, test.rows))
		})
	}
}

// Two reads of the same rows must compare equal, in whatever order the system gives them.
func TestChecksum(t *testing.T) {
	rows := newRows("orders", 0, 3)
	require.Equal(t, checksum(rows), checksum([]row{rows[2], rows[0], rows[1]}))
	require.NotEqual(t, checksum(rows), checksum(rows[:2]))
	require.NotEqual(t, checksum(rows), checksum(newRows("others", 0, 3)))
}

func acknowledged(at ...time.Duration) []acknowledgement {
	var list []acknowledgement
	for id, at := range at {
		list = append(list, acknowledgement{id: int64(id), at: at})
	}
	return list
}

func TestJudge(t *testing.T) {
	h := history{
		acknowledged: acknowledged(1*time.Second, 2*time.Second, 2500*time.Millisecond, 3*time.Second),
		unknown:      []int64{4, 5, 6},
		errors:       7,
		messages:     map[string]int{"write: closed": 3, "connect: refused": 4},
		stopped:      4 * time.Second,
	}
	rows := newRows("orders", 0, 1)           // 1, 2 and 3 are lost
	rows = append(rows, newRow("orders", 5))  // one of the unknown is there
	rows = append(rows, newRow("orders", 5))  // twice
	rows = append(rows, newRow("orders", 99)) // of nobody's
	rows[0].payload = "something else"
	require.Equal(t, writerReport{
		Acknowledged:      4,
		Errors:            7,
		Unknown:           3,
		UnknownStored:     1,
		Lost:              3,
		LostIDs:           []int64{1, 2, 3},
		LostSpan:          &span{From: 2, To: 3},
		Duplicated:        1,
		Altered:           1,
		Foreign:           1,
		Seconds:           4,
		LongestGapSeconds: 1,
		Gaps:              []gap{},
		ErrorMessages:     map[string]int{"write: closed": 3, "connect: refused": 4},
	}, judge("orders", h, rows))
}

func TestJudgeNamesTwentyLost(t *testing.T) {
	h := history{stopped: time.Second}
	for id := range int64(30) {
		h.acknowledged = append(h.acknowledged, acknowledgement{id: 29 - id})
	}
	report := judge("orders", h, nil)
	require.Equal(t, 30, report.Lost)
	require.Len(t, report.LostIDs, 20)
	require.Equal(t, int64(0), report.LostIDs[0])
	require.Equal(t, int64(19), report.LostIDs[19])
}

// Times without an acknowledgement count from the start to the stop.
func TestGaps(t *testing.T) {
	tests := map[string]struct {
		h       history
		longest float64
		gaps    []gap
	}{
		"none acknowledged": {history{stopped: 3 * time.Second}, 3, []gap{{0, 3}}},
		"at the start":      {history{acknowledged: acknowledged(2*time.Second, 2500*time.Millisecond), stopped: 3 * time.Second}, 2, []gap{{0, 2}}},
		"at the end":        {history{acknowledged: acknowledged(500 * time.Millisecond), stopped: 3 * time.Second}, 2.5, []gap{{0.5, 2.5}}},
		"short":             {history{acknowledged: acknowledged(time.Second), stopped: 1500 * time.Millisecond}, 1, []gap{}},
		"out of order": {history{acknowledged: acknowledged(4*time.Second, time.Second), stopped: 4 * time.Second}, 3,
			[]gap{{1, 3}}},
		"acknowledged after the stop": {history{acknowledged: acknowledged(5 * time.Second), stopped: 2 * time.Second}, 3,
			[]gap{{2, 3}, {0, 2}}},
		"five of six": {history{acknowledged: acknowledged(2*time.Second, 5*time.Second, 9*time.Second, 14*time.Second, 20*time.Second),
			stopped: 27 * time.Second}, 7, []gap{{20, 7}, {14, 6}, {9, 5}, {5, 4}, {2, 3}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			report := judge("orders", test.h, nil)
			require.Equal(t, test.longest, report.LongestGapSeconds)
			require.Equal(t, test.gaps, report.Gaps)
		})
	}
}

func TestMessage(t *testing.T) {
	for text, want := range map[string]string{
		"dial tcp 10.96.3.7:5432: connect: connection refused":  "dial tcp ADDRESS: connect: connection refused",
		"read tcp [fd00::12]:4711->[fd00::1]:6379: i/o timeout": "read tcp ADDRESS->ADDRESS: i/o timeout",
		"ERROR: slot\n\t3999 moved":                             "ERROR: slot N moved",
	} {
		require.Equal(t, want, message(errors.New(text)))
	}
}

func TestMostFrequent(t *testing.T) {
	messages := map[string]int{"a": 1, "b": 3, "c": 2, "d": 1}
	require.Equal(t, map[string]int{"b": 3, "c": 2, "a": 1}, mostFrequent(messages, 3))
	require.Equal(t, messages, mostFrequent(maps.Clone(messages), 10))
}
