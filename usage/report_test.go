package usage

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

func sampleReport() *Report {
	return &Report{By: []Dimension{ByKey, ByModel}, Rows: []Row{
		{Group: []string{"alice", "claude-sonnet-5"}, Requests: 1234, Attempts: 1300, Failed: 66,
			Tokens: Tokens{1_234_567, 20_000_000, 300_000, 40_000, 500_000, 100_000}, Cost: 12_345_678_901},
		{Group: []string{"alice", "=gpt\x1b[31m"}, Requests: 2, Attempts: 2, Tokens: Tokens{Input: 1000, Output: 10}, Cost: 5_000_000},
		{Group: []string{"bob", ""}, Requests: 1, Attempts: 1, Estimated: 1, Unpriced: 1, Tokens: Tokens{Input: 5, Output: 7}},
	}}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || strings.ReplaceAll(string(want), "\r\n", "\n") != got {
		t.Errorf("%s: %v, got:\n%s", name, err, got)
	}
}

func TestReport(t *testing.T) {
	var table, list strings.Builder
	p := sampleReport()
	if err := p.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", table.String())
	if strings.Contains(table.String(), "\x1b") {
		t.Error("a client's name commands the terminal")
	}
	if err := p.WriteCSV(&list); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.csv", list.String())
	raw, err := json.MarshalIndent(p, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "table.json", string(raw)+"\n")

	var one, none strings.Builder
	if err := (&Report{By: p.By, Rows: p.Rows[2:]}).WriteTable(&one); err != nil || strings.Contains(one.String(), "total") || strings.Contains(one.String(), "█") {
		t.Errorf("%v\n%s", err, one.String())
	}
	if err := (&Report{Rows: []Row{{}}}).WriteTable(&none); err != nil || none.String() != "nothing was used\n" {
		t.Errorf("%v\n%s", err, none.String())
	}
}

func TestAsk(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	tests := []struct {
		in   Ask
		want Query
	}{
		{Ask{}, Query{Since: now.AddDate(0, 0, -30)}},
		{Ask{By: "key, day", Since: "2026-03-01", Until: "2026-03-02", Where: []string{"key=a=b"}},
			Query{By: []Dimension{ByKey, ByDay}, Since: day(1), Until: day(3), Where: []Match{{ByKey, "a=b"}}}},
		{Ask{Since: "7d", Until: "24h"}, Query{Since: now.AddDate(0, 0, -7), Until: now.AddDate(0, 0, -1)}},
		{Ask{Since: "2026-03-02T00:00:00Z"}, Query{Since: day(2)}},
	}
	for _, test := range tests {
		if got, err := test.in.Query(now); err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%+v: %+v, %v", test.in, got, err)
		}
	}
	for _, bad := range []Ask{{By: "secret"}, {Since: "yesterday"}, {Until: "-1h"}, {Where: []string{"key"}}, {Where: []string{"x=y"}}} {
		if _, err := bad.Query(now); err == nil {
			t.Errorf("%+v: no error", bad)
		}
	}
}
