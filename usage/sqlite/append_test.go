package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// randomRecords are records with few and with many different labels, over several days.
func randomRecords(n int) []usage.Record {
	random := rand.New(rand.NewPCG(7, uint64(n)))
	var records []usage.Record
	for i := range n {
		r := sample(i * 7)
		r.Key, r.Attempt, r.Status = fmt.Sprint("key", random.IntN(3)), 1+random.IntN(2), 200+300*random.IntN(2)
		r.Priced, r.Estimated, r.ClientIP = random.IntN(2) == 0, random.IntN(2) == 0, fmt.Sprint("192.0.2.", random.IntN(60))
		r.Input, r.Cost, r.FirstByte = random.Int64N(1e6), random.Int64N(1e9), time.Duration(random.IntN(1e6))*time.Microsecond
		records = append(records, r)
	}
	return records
}

// everyWay are queries that look at a database from all sides.
func everyWay(t *testing.T, s *Store) (all [][]usage.Row) {
	t.Helper()
	for _, d := range usage.Dimensions {
		for _, q := range []usage.Query{{By: []usage.Dimension{d}}, {By: []usage.Dimension{d}, Since: noon.Add(9 * time.Hour), Until: noon.Add(40 * time.Hour)}} {
			rows, err := s.Query(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, rows)
		}
	}
	return all
}

// TestBatches wants the same sums whatever the sizes of the batches are, and every record as it was given.
func TestBatches(t *testing.T) {
	records := randomRecords(1000)
	var want [][]usage.Row
	for _, size := range []int{1, together - 1, together, 100, 1000} {
		s := openTest(t)
		for from := 0; from < len(records); from += size {
			if err := s.Append(t.Context(), records[from:min(from+size, len(records))]); err != nil {
				t.Fatal(err)
			}
		}
		got := everyWay(t, s)
		if want == nil {
			want = got
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("batches of %d: the sums are others than with batches of 1", size)
		}
		checkRecords(t, s.db, records)
	}
}

// checkRecords wants the database to hold just these records.
func checkRecords(t *testing.T, db *sql.DB, records []usage.Record) {
	t.Helper()
	expected := make(map[string]int)
	for i := range records {
		expected[fmt.Sprint(fields(&records[i]))]++
	}
	found, err := db.Query("SELECT " + fieldNames + " FROM usage")
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		values := make([]any, len(fields(new(usage.Record))))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		expected[fmt.Sprint(values)]--
	}
	for line, n := range expected {
		if n != 0 {
			t.Errorf("%d times too few: %s", n, line)
		}
	}
}

const fieldNames = `time, request, attempt, gateway, key, account, provider, client_dialect, upstream_dialect, model_asked, model_served,
	status, stop, input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, cost, priced, estimated,
	first_byte, duration, client_ip, user_agent`

// fields are a record's values in the order of fieldNames.
func fields(r *usage.Record) []any {
	truth := map[bool]int{true: 1}
	return []any{
		r.Time.UnixMilli(), r.RequestID, r.Attempt, r.Gateway, r.Key, r.Account, r.Provider, r.ClientDialect,
		r.UpstreamDialect, r.ModelAsked, r.ModelServed, r.Status, r.Stop, r.Input, r.CacheRead, r.CacheWrite5m,
		r.CacheWrite1h, r.Output, r.Reasoning, r.Cost, truth[r.Priced], truth[r.Estimated], r.FirstByte.Microseconds(),
		r.Duration.Microseconds(), r.ClientIP, r.UserAgent,
	}
}

// TestFailedBatch wants nothing of a batch that failed, and the next one, with the labels of the failed one, whole.
func TestFailedBatch(t *testing.T) {
	s := openTest(t)
	if _, err := s.db.Exec("CREATE TRIGGER refuse BEFORE INSERT ON record WHEN NEW.request = 'bad' BEGIN SELECT RAISE(ABORT, 'no'); END"); err != nil {
		t.Fatal(err)
	}
	records := randomRecords(100)
	last := records[99].RequestID
	records[99].RequestID = "bad"
	if err := s.Append(t.Context(), records); err == nil {
		t.Fatal("no error")
	}
	checkRecords(t, s.db, nil)
	records[99].RequestID = last
	if err := s.Append(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	checkRecords(t, s.db, records)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Append(cancelled, records); err == nil {
		t.Error("a cancelled batch was written")
	}
	checkRecords(t, s.db, records)
}

// TestManyLabels forgets labels that are too many, and goes on.
func TestManyLabels(t *testing.T) {
	s := openTest(t)
	records := randomRecords(maxLabels + 500)
	for i := range records {
		records[i].UserAgent = fmt.Sprint("client/", i)
	}
	for range 2 {
		if err := s.Append(t.Context(), records); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.writer.labels); n > maxLabels {
		t.Errorf("%d labels are remembered", n)
	}
	checkRecords(t, s.db, append(records, records...))
}

// TestClosed wants the write-ahead log gone with the last connection, and nothing left open.
func TestClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), randomRecords(100)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("the write-ahead log is still there")
	}
}

// TestMigrate brings a database of the first version up to date without a loss.
func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "usage.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := step(t.Context(), db, 0); err != nil {
		t.Fatal(err)
	}
	records := randomRecords(500)
	form := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(fields(&records[0]))), ", ") + ")"
	for i := range records {
		if _, err := db.Exec("INSERT INTO usage ("+fieldNames+") VALUES "+form, fields(&records[i])...); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenForReading(t.Context(), path); err == nil || !strings.Contains(err.Error(), "start the gateway once") {
		t.Errorf("reading the old version: %v", err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	checkRecords(t, s.db, records)
	more := randomRecords(300)
	if err := s.Append(t.Context(), more); err != nil {
		t.Fatal(err)
	}
	checkRecords(t, s.db, append(records, more...))
}

// TestHistoryUsesItsKey wants no look at what other keys have used.
func TestHistoryUsesItsKey(t *testing.T) {
	s := openTest(t)
	found, err := s.db.Query("EXPLAIN QUERY PLAN "+history, 1000, "alice", 0, 1, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var plan strings.Builder
	for found.Next() {
		var id, parent, unused int
		var detail string
		if err := found.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(detail + "\n")
	}
	if !strings.Contains(plan.String(), "INDEX label_key (key=? AND day>? AND day<?)") || !strings.Contains(plan.String(), "USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)") {
		t.Errorf("the plan is\n%s", &plan)
	}
}
