package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
)

// sessionLine is what the pool's benchmark says for one number of sessions.
var sessionLine = regexp.MustCompile(`^BenchmarkSessionsMemory/(\d+)(?:-\d+)?\s.*?\s([\d.]+) MiB-live\s+([\d.]+) MiB-resident`)

// sessions lets a benchmark of the pool bind them, since as many requests would
// take minutes of CPU time.
func (b *bank) sessions(ctx context.Context) error {
	which := "SessionsMemory"
	if b.options.quick {
		which += "/^(10000|100000)$"
	}
	cmd := exec.CommandContext(ctx, "go", "test", "./pool", "-run", "^$", "-bench", which, "-benchtime", "1x")
	cmd.Dir, cmd.Stderr = b.options.checkout, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("running the pool's benchmark: %w\n%s", err, out)
	}
	found := false
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		m := sessionLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		found = true
		n, err1 := strconv.Atoi(m[1])
		live, err2 := strconv.ParseFloat(m[2], 64)
		resident, err3 := strconv.ParseFloat(m[3], 64)
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		b.note("sessions", "live heap", n, live)
		b.note("sessions", "resident", n, resident)
	}
	if !found {
		return fmt.Errorf("the pool's benchmark says nothing about memory:\n%s", out)
	}
	return nil
}
