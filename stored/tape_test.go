package stored

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTape(t *testing.T) {
	tape := NewTape()
	_, _ = tape.Write([]byte("one"))
	frames, ended, changed := tape.From(0)
	if string(frames) != "one" || ended {
		t.Errorf("got %s %v", frames, ended)
	}
	select {
	case <-changed:
		t.Error("nothing has changed")
	default:
	}
	_, _ = tape.Write([]byte("two"))
	<-changed
	if string(frames) != "one" {
		t.Errorf("what was read has become %s", frames)
	}
	frames, _, changed = tape.From(3)
	if string(frames) != "two" {
		t.Errorf("got %s", frames)
	}
	tape.End()
	<-changed
	if frames, ended, _ := tape.From(6); len(frames) != 0 || !ended {
		t.Errorf("got %s %v", frames, ended)
	}
}

// TestTapesAreKept keeps the stream of an answer for a while when it has ended,
// unless it has been cancelled.
func TestTapesAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Runs
		_, cancel := context.WithCancel(t.Context())
		tape := NewTape()
		r.Begin("a", "1", cancel, tape)
		if r.Tape("a", "1") != tape || r.Tape("b", "1") != nil {
			t.Error("it is not its owner's alone")
		}
		r.End("a", "1")
		time.Sleep(tapeTime - time.Second)
		if r.Tape("a", "1") != tape {
			t.Error("it is gone too early")
		}
		time.Sleep(2 * time.Second)
		if r.Tape("a", "1") != nil || len(r.ended) != 0 {
			t.Error("it is still there")
		}
		r.Begin("a", "2", cancel, NewTape())
		if r.Cancel("a", "2"); r.Tape("a", "2") != nil {
			t.Error("it is there although it was cancelled")
		}
		r.Begin("a", "3", cancel, NewTape())
		r.End("a", "3")
		if r.Cancel("a", "3"); r.Tape("a", "3") != nil {
			t.Error("it is there although it was deleted")
		}
		r.Close()
		time.Sleep(tapeTime + time.Second)
	})
}

// TestTapesAreBounded drops the oldest when those that have ended are too long
// together.
func TestTapesAreBounded(t *testing.T) {
	var r Runs
	_, cancel := context.WithCancel(t.Context())
	defer cancel()
	for i := range 5 {
		tape := NewTape()
		_, _ = tape.Write([]byte(strings.Repeat("x", tapeBytes/3)))
		r.Begin("a", fmt.Sprint(i), cancel, tape)
		r.End("a", fmt.Sprint(i))
	}
	for i, want := range []bool{false, false, true, true, true} {
		if (r.Tape("a", fmt.Sprint(i)) != nil) != want {
			t.Errorf("%d: want %v", i, want)
		}
	}
	r.Close()
}
