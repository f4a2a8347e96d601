package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

func openTest(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "deep", "er", "usage 100%?#.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sample is a record with a value in every field.
func sample(i int) usage.Record {
	return usage.Record{
		Time: noon.Add(time.Duration(i) * time.Minute), RequestID: fmt.Sprint("req_", i), Attempt: 1,
		Gateway: "default", Key: "alice", Account: "openai-1", Provider: "openai", ClientDialect: "anthropic", UpstreamDialect: "responses",
		ModelAsked: "fast", ModelServed: "gpt-5", Status: 200, Stop: "end",
		Tokens: usage.Tokens{Input: 1, CacheRead: 2, CacheWrite5m: 3, CacheWrite1h: 4, Output: 5, Reasoning: 1},
		Cost:   1000, Priced: true, FirstByte: time.Second, Duration: 2 * time.Second, ClientIP: "203.0.113.7", UserAgent: "it's \"me\"",
	}
}

func TestAppendAndQuery(t *testing.T) {
	s := openTest(t)
	var records []usage.Record
	for i := range 10 {
		records = append(records, sample(i))
	}
	failed := sample(9) // the first attempt of the last request
	failed.Status, failed.Account, failed.Tokens, failed.Cost = 503, "claude", usage.Tokens{}, 0
	other := sample(1440)
	other.Key, other.ModelServed, other.Priced, other.Cost, other.Estimated = "bob", "llama", false, 0, true
	records = append(records, failed, other)
	if err := s.Append(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	alice := usage.Row{
		Requests: 10, Attempts: 11, Failed: 1, Cost: 10_000,
		Tokens: usage.Tokens{Input: 10, CacheRead: 20, CacheWrite5m: 30, CacheWrite1h: 40, Output: 50, Reasoning: 10},
	}
	bob := usage.Row{Requests: 1, Attempts: 1, Estimated: 1, Unpriced: 1, Tokens: other.Tokens}
	everything := usage.Row{
		Requests: 11, Attempts: 12, Failed: 1, Estimated: 1, Unpriced: 1, Cost: 10_000,
		Tokens: usage.Tokens{Input: 11, CacheRead: 22, CacheWrite5m: 33, CacheWrite1h: 44, Output: 55, Reasoning: 11},
	}
	grouped := func(r usage.Row, group ...string) usage.Row { r.Group = group; return r }
	tests := []struct {
		name string
		q    usage.Query
		want []usage.Row
	}{
		{"all", usage.Query{}, []usage.Row{grouped(everything)}},
		{"by key", usage.Query{By: []usage.Dimension{usage.ByKey}}, []usage.Row{grouped(alice, "alice"), grouped(bob, "bob")}},
		{"by day and model", usage.Query{By: []usage.Dimension{usage.ByDay, usage.ByModel}},
			[]usage.Row{grouped(alice, "2026-03-01", "gpt-5"), grouped(bob, "2026-03-02", "llama")}},
		{"since", usage.Query{Since: noon.Add(time.Hour)}, []usage.Row{grouped(bob)}},
		{"until", usage.Query{Until: noon.Add(time.Hour)}, []usage.Row{grouped(alice)}},
		{"where", usage.Query{Where: []usage.Match{{Dimension: usage.ByKey, Value: "bob"}, {Dimension: usage.ByMonth, Value: "2026-03"}}},
			[]usage.Row{grouped(bob)}},
		{"where nobody", usage.Query{By: []usage.Dimension{usage.ByKey}, Where: []usage.Match{{Dimension: usage.ByKey, Value: "' OR 1 --"}}}, nil},
	}
	for _, test := range tests {
		got, err := s.Query(t.Context(), test.q)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		for i := range got {
			if len(got[i].Group) == 0 {
				got[i].Group = nil
			}
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", test.name, got, test.want)
		}
	}
	for _, q := range []usage.Query{{By: []usage.Dimension{"1; DROP TABLE usage"}}, {Where: []usage.Match{{Dimension: "x", Value: "y"}}}} {
		if _, err := s.Query(t.Context(), q); err == nil {
			t.Errorf("%+v: no error", q)
		}
	}
	for _, d := range usage.Dimensions {
		if _, err := s.Query(t.Context(), usage.Query{By: []usage.Dimension{d}}); err != nil {
			t.Errorf("by %s: %v", d, err)
		}
	}
}

func TestHistory(t *testing.T) {
	s := openTest(t)
	var records []usage.Record
	random := rand.New(rand.NewPCG(5, 6))
	var tokens, cost int64
	for range 500 {
		r := sample(random.IntN(600))
		r.Output = random.Int64N(1000)
		r.Cost = random.Int64N(1000)
		if random.IntN(3) == 0 {
			r.Key = "bob"
		} else if at := r.Time.Sub(noon); at >= time.Hour && at < 9*time.Hour {
			tokens, cost = tokens+r.Total(), cost+r.Cost
		}
		records = append(records, r)
	}
	if err := s.Append(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	for _, step := range []time.Duration{0, time.Second, 7 * time.Minute, time.Hour, 24 * time.Hour} {
		since := noon.Add(time.Hour)
		pieces, err := s.History(t.Context(), "alice", since, noon.Add(9*time.Hour), step)
		if err != nil {
			t.Fatal(err)
		}
		leftTokens, leftCost := tokens, cost
		last := since.Add(-1)
		for _, p := range pieces {
			if !p.At.After(last) || p.At.Before(since) {
				t.Errorf("step %v: a piece at %v after %v", step, p.At, last)
			}
			last = p.At
			leftTokens, leftCost = leftTokens-p.Tokens, leftCost-p.Cost
		}
		if leftTokens != 0 || leftCost != 0 || len(pieces) == 0 {
			t.Errorf("step %v: %d pieces lack %d tokens and %d of the cost", step, len(pieces), leftTokens, leftCost)
		}
	}
}

func TestPrune(t *testing.T) {
	s := openTest(t)
	var records []usage.Record
	for i := range 3000 {
		records = append(records, sample(i))
	}
	if err := s.Append(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	n, err := s.Prune(t.Context(), noon.Add(2990*time.Minute))
	if err != nil || n != 2990 {
		t.Errorf("%d, %v", n, err)
	}
	rows, err := s.Query(t.Context(), usage.Query{})
	if err != nil || rows[0].Attempts != 10 {
		t.Errorf("%+v, %v", rows, err)
	}
	var pages int
	if err := s.db.QueryRow("PRAGMA page_count").Scan(&pages); err != nil || pages > 20 {
		t.Errorf("%d pages for 10 records, %v", pages, err)
	}
}

func TestReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	if _, err := OpenForReading(t.Context(), path); err == nil || !strings.Contains(err.Error(), "no usage database") {
		t.Errorf("reading what is not there: %v", err)
	}
	writer, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if info, err := os.Stat(path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := writer.Append(t.Context(), []usage.Record{sample(0)}); err != nil {
		t.Fatal(err)
	}
	reader, err := OpenForReading(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := writer.Append(t.Context(), []usage.Record{sample(1)}); err != nil {
		t.Errorf("a reader keeps the writer away: %v", err)
	}
	if rows, err := reader.Query(t.Context(), usage.Query{}); err != nil || rows[0].Requests != 2 {
		t.Errorf("%+v, %v", rows, err)
	}
	if err := reader.Append(t.Context(), []usage.Record{sample(2)}); err == nil {
		t.Error("the reader wrote")
	}
}

func TestForeignDatabases(t *testing.T) {
	make := func(statements string) string {
		path := filepath.Join(t.TempDir(), "some.db")
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(statements); err != nil {
			t.Fatal(err)
		}
		return path
	}
	garbage := filepath.Join(t.TempDir(), "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{
		make("CREATE TABLE accounts (id INTEGER)"):                                               "something else",
		make(fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 99", applicationID)): "newer version",
		garbage:     "not a database",
		t.TempDir(): "opening the usage database",
	}
	for path, want := range tests {
		if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// BenchmarkAppend writes as a busy gateway does: a batch for every second.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := openTest(b)
			records := make([]usage.Record, size)
			n := 0
			for b.Loop() {
				for i := range records {
					n++
					records[i] = sample(i)
					records[i].Time = noon.Add(time.Duration(n) * time.Second / time.Duration(size))
				}
				if err := s.Append(context.Background(), records); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(size), "ns/record")
		})
	}
}
