package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// split delivers data in pieces of random size, with reads of nothing between
// them, and ends with err.
type split struct {
	data []byte
	max  int
	rand *rand.Rand
	err  error
}

func (s *split) Read(b []byte) (int, error) {
	if s.rand.IntN(8) == 0 {
		return 0, nil
	}
	n := min(1+s.rand.IntN(s.max), len(s.data), len(b))
	copy(b, s.data[:n])
	s.data = s.data[n:]
	if len(s.data) == 0 && (n == 0 || s.rand.IntN(2) == 0) {
		return n, s.err
	}
	return n, nil
}

// FuzzSSE checks that events do not depend on how the stream is cut into
// reads nor on looking ahead, and that none of its bytes gets lost.
func FuzzSSE(f *testing.F) {
	for _, s := range []string{
		"data: a\n\n", "event: x\r\ndata: a\r\ndata: b\r\n\r\n", "\xEF\xBB\xBFdata:a\r\r\n\rdata", ": c\n\nid: 1\n\n\n", "data: a\ndata: b\n\ndata: c\ndata: d\n\n",
		"data: a\n\ndata: b\n\ndata:  c\n\ndata:d\n\ndata: e\r\n\r\ndata: f\r\n\ndata: g\n\r\ndata\n\n", "data:a\n\ndata:b\n\ndata: c\n\n",
		"event: x\nid: 1\ndata: a\n\nevent: x\nid: 1\ndata: b\n\nevent: y\nid: 1\ndata: c\n\nevent: y\nid: 1\ndata: \n\n",
		"event: x\r\ndata: a\r\n\r\nevent: x\r\ndata: b\r\r\n\r\nevent: x\r\ndata: c\r\n\r", "event: x\rdata: a\r\revent: x\rdata: b\n\n",
		"data: a\nevent: x\n\ndata: b\nevent: x\n\n", "\xEF\xBB\xBFdata: a\n\n\xEF\xBB\xBFdata: b\n\n",
		`[{"a":"\"]"},1,"x" ,[]]`, " {\"a\":1} ", `[1,2`, "[{}]x", "\xEF\xBB\xBF[]",
	} {
		f.Add([]byte(s), uint64(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		whole, err := drain(NewReader(bytes.NewReader(data)))
		if err != nil {
			t.Fatal(err)
		}
		var raws strings.Builder
		for _, e := range whole {
			raws.WriteString(e.raw)
		}
		if raws.String() != string(data) {
			t.Fatalf("the raw events are %q, the stream %q", raws.String(), data)
		}
		compare(t, whole, nil, &forgetful{NewReader(bytes.NewReader(data))})
		array, arrayErr := drain(NewArrayReader(bytes.NewReader(data)))
		for _, size := range []int{1, 3, 40} {
			src := func(err error) io.Reader {
				return &split{data: data, max: size, rand: rand.New(rand.NewPCG(seed, uint64(size))), err: err}
			}
			compare(t, whole, nil, NewReader(src(io.EOF)))
			compare(t, array, arrayErr, NewArrayReader(src(io.EOF)))
			checkBroken(t, whole, NewReader(src(errBroken)))
		}
	})
}

// forgetful takes every event for an unusual one.
type forgetful struct{ *Reader }

func (f *forgetful) Next() bool {
	f.head = head{}
	return f.Reader.Next()
}

func (f *forgetful) More() bool {
	f.head = head{}
	return f.Reader.More()
}

var errBroken = errors.New("broken")

// compare drains s, looking ahead now and then, and compares the events.
func compare(t *testing.T, want []got, wantErr error, s Source) {
	t.Helper()
	n := compareStart(t, want, s)
	if n != len(want) || fmt.Sprint(s.Err()) != fmt.Sprint(wantErr) {
		t.Fatalf("%d events and error %v, want %d and %v", n, s.Err(), len(want), wantErr)
	}
}

// checkBroken checks that a read error comes after the complete events.
func checkBroken(t *testing.T, want []got, s Source) {
	t.Helper()
	n := compareStart(t, want, s)
	if n < len(want)-1 || s.Err() != errBroken {
		t.Fatalf("%d events and error %v, want %d", n, s.Err(), len(want))
	}
}

// compareStart counts the events of s, which must be those that want begins with.
func compareStart(t *testing.T, want []got, s Source) int {
	t.Helper()
	n := 0
	for ; n%3 == 2 && s.More() || s.Next(); n++ {
		if n%2 == 0 {
			s.Buffered()
		}
		e := s.Event()
		if g := (got{e.Name, string(e.Data), string(e.Raw)}); n >= len(want) || g != want[n] {
			t.Fatalf("event %d is %q, want %q", n, g, want)
		}
	}
	return n
}
