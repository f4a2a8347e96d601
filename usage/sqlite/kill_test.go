package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

// killVariable names the database to the child process of TestKill.
const killVariable = "AI_GATEWAY_TEST_KILL_DB"

// kills is how often TestKill kills.
const kills = 20

func TestMain(m *testing.M) {
	if path := os.Getenv(killVariable); path != "" {
		writeUntilKilled(path)
	}
	os.Exit(m.Run())
}

// writeUntilKilled appends batches and says after each how many records are in them together.
func writeUntilKilled(path string) {
	ctx := context.Background()
	s, err := Open(ctx, path)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	random := rand.New(rand.NewPCG(rand.Uint64(), 0))
	for written := 0; ; {
		batch := make([]usage.Record, 1+random.IntN(200))
		for i := range batch {
			batch[i] = sample(i)
		}
		if err := s.Append(ctx, batch); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		written += len(batch)
		fmt.Println(written)
	}
}

// TestKill kills a process that writes, at random moments. Each time the same database must open, be sound, and hold
// every record whose batch was committed; of the batch that was being written it may hold all or nothing.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	path := filepath.Join(t.TempDir(), "usage.db")
	total := 0
	for range kills {
		committed := killed(t, path)
		s, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		var sound string
		if err := s.db.QueryRow("PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
			t.Fatalf("the database is broken: %s, %v", sound, err)
		}
		rows, err := s.Query(t.Context(), usage.Query{})
		if err != nil {
			t.Fatal(err)
		}
		found := int(rows[0].Attempts)
		if found < total+committed || found > total+committed+200 {
			t.Fatalf("%d records, of which %d were committed before and %d now", found, total, committed)
		}
		total = found
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if total == 0 {
		t.Error("nothing was ever written")
	}
}

// killed runs the child, kills it after a random time, and returns what it had committed.
func killed(t *testing.T, path string) (committed int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), killVariable+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Duration(rand.IntN(150)+20)*time.Millisecond, func() { _ = child.Process.Kill() })
	defer timer.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if committed, err = strconv.Atoi(lines.Text()); err != nil {
			t.Errorf("the writer says %s", lines.Text())
		}
	}
	_ = child.Wait() // it was killed
	return committed
}
