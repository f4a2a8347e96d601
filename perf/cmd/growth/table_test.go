package main

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestResultsAreKept(t *testing.T) {
	name := filepath.Join(t.TempDir(), "growth.csv")
	var first table
	first.add("streams", "plain proxy", 2000, 60)
	first.add("streams", "plain proxy", 500, 15)
	first.add("sessions", "live heap", 1000, 0.5)
	if err := first.write(name); err != nil {
		t.Fatal(err)
	}
	var second table
	if err := second.read(name); err != nil {
		t.Fatal(err)
	}
	second.add("streams", "plain proxy", 500, 16)
	if got, want := second.of("streams")[0].Points, first.of("streams")[0].Points; len(got) != 2 || got[0].Y != 16 || got[1] != want[1] {
		t.Errorf("got %v after a change of %v", got, want)
	}
	if !reflect.DeepEqual(second.of("sessions"), first.of("sessions")) {
		t.Errorf("got %v, want %v", second.of("sessions"), first.of("sessions"))
	}
	var text strings.Builder
	second.print(&text)
	if want := "| open streams | 500 | 2000 |\n|---|---|---|\n| plain proxy | 16.0 | 60.0 |\n"; !strings.Contains(text.String(), want) {
		t.Errorf("no %q in %s", want, text.String())
	}
}

func TestSessionLine(t *testing.T) {
	m := sessionLine.FindStringSubmatch("BenchmarkSessionsMemory/10000-2         \t       1\t  10458333 ns/op\t       120.5 B/session\t         1.150 MiB-live\t         3.250 MiB-resident")
	if m == nil || m[1] != "10000" || m[2] != "1.150" || m[3] != "3.250" {
		t.Errorf("got %q", m)
	}
}
