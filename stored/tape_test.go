package stored

import (
	"context"
	"fmt"
	"strings"
	"sync"
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
		if r.Tape("a", "1") != nil || len(r.tapes) != 0 || r.room.Len() != 0 {
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

// frame is one of a stream, of that many bytes.
func frame(n int) []byte { return []byte(strings.Repeat("x", n-2) + "\n\n") }

// TestTapesAreBounded drops the oldest of those that have ended when all are
// too long together, and of who has the most.
func TestTapesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Runs
		_, cancel := context.WithCancel(t.Context())
		defer cancel()
		record := func(owner, id string) {
			tape := NewTape()
			r.Begin(owner, id, cancel, tape)
			_, _ = tape.Write(frame(TapeBytes / 2))
			_, _ = tape.Write(frame(TapeBytes / 2))
			r.End(owner, id)
			time.Sleep(time.Second)
		}
		record("b", "b")
		for i := range 6 {
			record("a", fmt.Sprint(i))
		}
		for i, want := range []bool{false, false, false, true, true, true} {
			if (r.Tape("a", fmt.Sprint(i)) != nil) != want {
				t.Errorf("%d: want %v", i, want)
			}
		}
		if r.Tape("b", "b") == nil || r.room.Bytes() > allTapes {
			t.Errorf("another's is gone, or there are %d bytes", r.room.Bytes())
		}
		r.Close()
		time.Sleep(tapeTime + time.Second)
	})
}

// TestLongTape forgets the beginning of a stream that is long. Who watches does
// not notice unless he is slow.
func TestLongTape(t *testing.T) {
	var r Runs
	defer r.Close()
	_, cancel := context.WithCancel(t.Context())
	defer cancel()
	tape := NewTape()
	r.Begin("a", "1", cancel, tape)
	const piece, pieces = 1 << 20, 3 * TapeBytes >> 20
	read := 0
	for range pieces {
		_, _ = tape.Write(frame(piece))
		frames, _, changed := tape.From(read)
		if len(frames) != piece || changed == nil {
			t.Fatalf("behind %d there are %d bytes", read, len(frames))
		}
		read += len(frames)
		if tape.size() > TapeBytes || r.room.Bytes() != int64(tape.size()) {
			t.Fatalf("it is %d bytes long, %d as far as is known", tape.size(), r.room.Bytes())
		}
	}
	if frames, _, changed := tape.From(0); frames != nil || changed != nil {
		t.Errorf("from the beginning on there are %d bytes", len(frames))
	}
	start := tape.Start()
	frames, _, _ := tape.From(start)
	if start == 0 || start%piece != 0 || len(frames) != read-start {
		t.Errorf("from %d on there are %d bytes", start, len(frames))
	}
}

// TestManyTapes halves the tapes that are being recorded when they are too long
// together, those of who has the most.
func TestManyTapes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Runs
		defer r.Close()
		_, cancel := context.WithCancel(t.Context())
		defer cancel()
		alice := NewTape()
		r.Begin("alice", "1", cancel, alice)
		_, _ = alice.Write(frame(1 << 20))
		var tapes []*Tape
		piece := frame(1 << 20)
		for i := range 9 {
			tape := NewTape()
			r.Begin("eve", fmt.Sprint(i), cancel, tape)
			for range 10 {
				_, _ = tape.Write(piece)
				time.Sleep(time.Second)
			}
			tapes = append(tapes, tape)
		}
		sum := alice.size()
		for _, tape := range tapes {
			sum += tape.size()
		}
		if alice.Start() != 0 || tapes[8].Start() != 0 || tapes[0].Start() == 0 || r.room.Bytes() != int64(sum) || sum > allTapes {
			t.Errorf("there are %d bytes, %d as far as is known; the other's begins at %d", sum, r.room.Bytes(), alice.Start())
		}
		for i, tape := range tapes {
			if r.Cancel("eve", fmt.Sprint(i)); r.Tape("eve", fmt.Sprint(i)) != nil {
				t.Errorf("%d is still there", i)
			}
			_, _ = tape.Write(frame(100)) // as the run does until it notices
		}
		if r.room.Bytes() != 1<<20 || r.room.Len() != 1 {
			t.Errorf("%d bytes are left in %d", r.room.Bytes(), r.room.Len())
		}
	})
}

// TestTapesInParallel keeps count however writes and cuts meet.
func TestTapesInParallel(t *testing.T) {
	var r Runs
	defer r.Close()
	_, cancel := context.WithCancel(t.Context())
	defer cancel()
	tapes, piece := make([]*Tape, 8), frame(1<<20)
	var wg sync.WaitGroup
	for i := range tapes {
		tapes[i] = NewTape()
		r.Begin(fmt.Sprint("owner", i%3), fmt.Sprint(i), cancel, tapes[i])
		wg.Go(func() {
			for range 10 {
				_, _ = tapes[i].Write(piece)
				tapes[i].From(tapes[i].Start())
			}
		})
	}
	wg.Wait()
	sum := 0
	for _, tape := range tapes {
		sum += tape.size()
	}
	if r.room.Bytes() != int64(sum) || sum > allTapes || sum == 0 {
		t.Errorf("there are %d bytes, %d as far as is known", sum, r.room.Bytes())
	}
}

func (t *Tape) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.frames)
}
