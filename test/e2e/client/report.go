package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// row is one write, as it was sent or as it was read.
type row struct {
	id      int64
	payload string
}

// newRow is the row that belongs to an id of a set: whatever is read can be judged by it.
func newRow(set string, id int64) row {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", set, id))
	return row{id: id, payload: hex.EncodeToString(sum[:])}
}

// newRows are those of the ids from first to before last.
func newRows(set string, first, last int64) []row {
	rows := make([]row, 0, last-first)
	for id := first; id < last; id++ {
		rows = append(rows, newRow(set, id))
	}
	return rows
}

// verification compares a set with the ids 0 to before count.
type verification struct {
	Rows       int    `json:"rows"`
	Missing    int64  `json:"missing"`
	Duplicated int    `json:"duplicated"` // ids that are there more than once
	Altered    int    `json:"altered"`    // rows with a payload of something else
	Foreign    int    `json:"foreign"`    // rows with an id that was not asked for
	Checksum   string `json:"checksum"`   // of the sorted rows
}

func verify(set string, count int64, rows []row) verification {
	tally := tallyOf(set, rows, func(id int64) bool { return id >= 0 && id < count })
	return verification{
		Rows:       len(rows),
		Missing:    count - int64(len(tally.stored)),
		Duplicated: tally.duplicated,
		Altered:    tally.altered,
		Foreign:    tally.foreign,
		Checksum:   checksum(rows),
	}
}

// tally is what the rows of a set are, each judged alone.
type tally struct {
	stored                       map[int64]int // how often each id is there that was issued
	duplicated, altered, foreign int
}

func tallyOf(set string, rows []row, issued func(id int64) bool) tally {
	t := tally{stored: map[int64]int{}}
	for _, r := range rows {
		if !issued(r.id) {
			t.foreign++
			continue
		}
		if t.stored[r.id]++; t.stored[r.id] == 2 {
			t.duplicated++
		}
		if r != newRow(set, r.id) {
			t.altered++
		}
	}
	return t
}

func checksum(rows []row) string {
	sorted := slices.SortedFunc(slices.Values(rows), func(a, b row) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.payload, b.payload))
	})
	sum := sha256.New()
	for _, r := range sorted {
		sum.Write(fmt.Appendf(nil, "%d %s\n", r.id, r.payload))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// history is what a writer saw, with times since its start.
type history struct {
	acknowledged []acknowledgement
	unknown      []int64 // ids whose write ended in an error: they may be stored or not
	errors       int     // failed writes and failed connections
	messages     map[string]int
	stopped      time.Duration
}

type acknowledgement struct {
	id int64
	at time.Duration
}

// writerReport judges what is stored by what a writer saw.
type writerReport struct {
	Acknowledged      int            `json:"acknowledged"`
	Errors            int            `json:"errors"`
	Unknown           int            `json:"unknown"`
	UnknownStored     int            `json:"unknownStored"`
	Lost              int            `json:"lost"`
	LostIDs           []int64        `json:"lostIDs"` // the first twenty
	LostSpan          *span          `json:"lostSpan,omitempty"`
	Duplicated        int            `json:"duplicated"`
	Altered           int            `json:"altered"`
	Foreign           int            `json:"foreign"` // rows that this writer never sent
	Seconds           float64        `json:"seconds"`
	LongestGapSeconds float64        `json:"longestGapSeconds"`
	Gaps              []gap          `json:"gaps"` // the five longest of over a second, the longest first
	ErrorMessages     map[string]int `json:"errorMessages"`
}

// span is when the lost ids had been acknowledged, in seconds since the start.
type span struct {
	From float64 `json:"from"`
	To   float64 `json:"to"`
}

// gap is a time in which no connection got an acknowledgement.
type gap struct {
	At      float64 `json:"at"`
	Seconds float64 `json:"seconds"`
}

func judge(set string, h history, rows []row) writerReport {
	issued := make(map[int64]bool, len(h.acknowledged)+len(h.unknown))
	for _, a := range h.acknowledged {
		issued[a.id] = true
	}
	for _, id := range h.unknown {
		issued[id] = true
	}
	t := tallyOf(set, rows, func(id int64) bool { return issued[id] })
	r := writerReport{
		Acknowledged:  len(h.acknowledged),
		Errors:        h.errors,
		Unknown:       len(h.unknown),
		LostIDs:       []int64{},
		Duplicated:    t.duplicated,
		Altered:       t.altered,
		Foreign:       t.foreign,
		Seconds:       seconds(h.stopped),
		ErrorMessages: mostFrequent(h.messages, 10),
	}
	for _, id := range h.unknown {
		if t.stored[id] > 0 {
			r.UnknownStored++
		}
	}
	r.lost(h, t)
	r.gaps(h)
	return r
}

func (r *writerReport) lost(h history, t tally) {
	for _, a := range h.acknowledged {
		if t.stored[a.id] > 0 {
			continue
		}
		at := seconds(a.at)
		if r.Lost++; r.LostSpan == nil {
			r.LostSpan = &span{From: at, To: at}
		}
		r.LostSpan.From, r.LostSpan.To = min(r.LostSpan.From, at), max(r.LostSpan.To, at)
		r.LostIDs = append(r.LostIDs, a.id)
	}
	slices.Sort(r.LostIDs)
	r.LostIDs = r.LostIDs[:min(len(r.LostIDs), 20)]
}

// gaps counts the time before the first and after the last acknowledgement, too: a system
// that was away then served nobody either.
func (r *writerReport) gaps(h history) {
	times := make([]time.Duration, 0, len(h.acknowledged)+1)
	for _, a := range h.acknowledged {
		times = append(times, a.at)
	}
	times = append(times, h.stopped)
	slices.Sort(times)
	r.Gaps = []gap{}
	last := time.Duration(0)
	for _, at := range times {
		length := seconds(at - last)
		r.LongestGapSeconds = max(r.LongestGapSeconds, length)
		if length > 1 {
			r.Gaps = append(r.Gaps, gap{At: seconds(last), Seconds: length})
		}
		last = at
	}
	slices.SortStableFunc(r.Gaps, func(a, b gap) int { return cmp.Compare(b.Seconds, a.Seconds) })
	r.Gaps = r.Gaps[:min(len(r.Gaps), 5)]
}

// mostFrequent keeps the count messages that were seen most.
func mostFrequent(messages map[string]int, count int) map[string]int {
	texts := slices.SortedFunc(maps.Keys(messages), func(a, b string) int {
		return cmp.Or(cmp.Compare(messages[b], messages[a]), cmp.Compare(a, b))
	})
	kept := map[string]int{}
	for _, text := range texts[:min(len(texts), count)] {
		kept[text] = messages[text]
	}
	return kept
}

var (
	addresses = regexp.MustCompile(`\d+\.\d+\.\d+\.\d+(:\d+)?|\[[0-9a-fA-F:]*:[0-9a-fA-F:]*\](:\d+)?`)
	numbers   = regexp.MustCompile(`\d+`)
)

// message makes errors that differ by an address or a number only the same text.
func message(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	return numbers.ReplaceAllString(addresses.ReplaceAllString(text, "ADDRESS"), "N")
}

// seconds is a time in seconds, to the millisecond.
func seconds(d time.Duration) float64 {
	return math.Round(d.Seconds()*1000) / 1000
}
