package sse

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// got is a copy of an event that outlives the buffer.
type got struct{ name, data, raw string }

// drain reads all events of s.
func drain(s Source) ([]got, error) {
	var events []got
	for s.Next() {
		e := s.Event()
		events = append(events, got{strings.Clone(e.Name), string(e.Data), string(e.Raw)})
	}
	return events, s.Err()
}

func checkEvents(t *testing.T, events, want []got) {
	t.Helper()
	if len(events) != len(want) {
		t.Fatalf("got %d events %q, want %d", len(events), events, len(want))
	}
	for i := range want {
		if events[i] != want[i] {
			t.Errorf("event %d is %q, want %q", i, events[i], want[i])
		}
	}
}

// chunkings are readers that deliver the same bytes in different pieces.
var chunkings = map[string]func(io.Reader) io.Reader{
	"whole":         func(r io.Reader) io.Reader { return r },
	"single bytes":  iotest.OneByteReader,
	"halves":        iotest.HalfReader,
	"data with EOF": iotest.DataErrReader,
	"bytes, EOF":    func(r io.Reader) io.Reader { return iotest.DataErrReader(iotest.OneByteReader(r)) },
}

func TestReader(t *testing.T) {
	tests := []struct {
		name, stream string
		want         []got
	}{
		{"empty", "", nil},
		{"one event", "data: a\n\n", []got{{"", "a", "data: a\n\n"}}},
		{"named", "event: ping\ndata: {}\n\n", []got{{"ping", "{}", "event: ping\ndata: {}\n\n"}}},
		{"name after data", "data: {}\nevent:x\n\n", []got{{"x", "{}", "data: {}\nevent:x\n\n"}}},
		{"last name counts", "event: a\nevent: b\n\n", []got{{"b", "", "event: a\nevent: b\n\n"}}},
		{"no space", "data:a\n\ndata:  b\n\n", []got{{"", "a", "data:a\n\n"}, {"", " b", "data:  b\n\n"}}},
		{"no colon", "data\n\n", []got{{"", "", "data\n\n"}}},
		{"two empty data lines", "data\ndata:\n\n", []got{{"", "\n", "data\ndata:\n\n"}}},
		{"other fields", "id: 1\nretry: 5\ndatax: n\nevents: m\n data: k\ndata: a\n\n", []got{{"", "a", "id: 1\nretry: 5\ndatax: n\nevents: m\n data: k\ndata: a\n\n"}}},
		{"many lines", "data: a\n: note\ndata: b\nid: 3\ndata:c\n\ndata: d\ndata: e\n\n", []got{
			{"", "a\nb\nc", "data: a\n: note\ndata: b\nid: 3\ndata:c\n\n"}, {"", "d\ne", "data: d\ndata: e\n\n"}}},
		{"comment event", ": keep-alive\n\ndata: a\n\n", []got{{"", "", ": keep-alive\n\n"}, {"", "a", "data: a\n\n"}}},
		{"extra blank lines", "\n\ndata: a\n\n\n", []got{{"", "", "\n"}, {"", "", "\n"}, {"", "a", "data: a\n\n"}, {"", "", "\n"}}},
		{"CRLF", "event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n", []got{{"x", "a", "event: x\r\ndata: a\r\n\r\n"}, {"", "b", "data: b\r\n\r\n"}}},
		{"CR", "event: x\rdata: a\r\rdata: b\r\r", []got{{"x", "a", "event: x\rdata: a\r\r"}, {"", "b", "data: b\r\r"}}},
		{"mixed", "data: a\r\n\ndata: b\n\r\ndata: c\r\n\rdata: d\n\n", []got{
			{"", "a", "data: a\r\n\n"}, {"", "b", "data: b\n\r\n"}, {"", "c", "data: c\r\n\r"}, {"", "d", "data: d\n\n"}}},
		{"CR, then CRLF", "data: a\r\r\ndata: b\n\n", []got{{"", "a", "data: a\r\r"}, {"", "", "\n"}, {"", "b", "data: b\n\n"}}},
		{"byte order mark", "\xEF\xBB\xBFdata: a\n\n\xEF\xBB\xBFdata: b\n\n", []got{{"", "a", "\xEF\xBB\xBFdata: a\n\n"}, {"", "", "\xEF\xBB\xBFdata: b\n\n"}}},
		{"byte order mark alone", "\xEF\xBB\xBF\ndata: a\n\n", []got{{"", "", "\xEF\xBB\xBF\n"}, {"", "a", "data: a\n\n"}}},
		{"no blank line at the end", "data: a\n\ndata: b\n", []got{{"", "a", "data: a\n\n"}, {"", "b", "data: b\n"}}},
		{"no line end at the end", "data: a\n\nevent: e\ndata: b", []got{{"", "a", "data: a\n\n"}, {"e", "b", "event: e\ndata: b"}}},
		{"CR at the end", "data: b\r", []got{{"", "b", "data: b\r"}}},
		{"CRLF CR at the end", "data: b\r\n\r", []got{{"", "b", "data: b\r\n\r"}}},
	}
	for _, tt := range tests {
		for name, chunked := range chunkings {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				events, err := drain(NewReader(chunked(strings.NewReader(tt.stream))))
				if err != nil {
					t.Fatal(err)
				}
				checkEvents(t, events, tt.want)
			})
		}
	}
}

// TestReaderPromptly checks that an event is handed out as soon as its last
// byte has come, and that each round reads once.
func TestReaderPromptly(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		stream := ": c" + end + end + "data: a" + end + end + "data: b" + end + "data: c" + end + end
		src := &pieces{data: []string{stream[:8], stream[8:]}}
		r := NewReader(src)
		var datas []string
		for range 3 {
			if !r.Next() {
				t.Fatalf("%q: %v", end, r.Err())
			}
			datas = append(datas, string(r.Event().Data))
		}
		if got := strings.Join(datas, ","); got != ",a,b\nc" || src.reads != 2 {
			t.Errorf("%q: %q after %d reads", end, got, src.reads)
		}
	}
}

// pieces delivers one string a read and then err or EOF.
type pieces struct {
	data  []string
	err   error
	reads int
}

func (p *pieces) Read(b []byte) (int, error) {
	p.reads++
	if len(p.data) == 0 {
		if p.err == nil {
			return 0, io.EOF
		}
		return 0, p.err
	}
	n := copy(b, p.data[0])
	p.data[0] = p.data[0][n:]
	if p.data[0] == "" {
		p.data = p.data[1:]
	}
	return n, nil
}

func TestReaderBuffered(t *testing.T) {
	src := &pieces{data: []string{"data: a\ndata: a2\n\ndata: b1\ndata: b2\n\ndata: c", "1\ndata: c2\n\n", "data: d"}}
	r := NewReader(src)
	want := []struct {
		data     string
		buffered bool
		reads    int
	}{{"a\na2", true, 1}, {"b1\nb2", false, 1}, {"c1\nc2", false, 2}, {"d", false, 4}}
	if r.Buffered() {
		t.Error("an event is buffered before the first read")
	}
	for _, w := range want {
		if !r.Next() {
			t.Fatal(r.Err())
		}
		if r.Buffered() != w.buffered || src.reads != w.reads {
			t.Errorf("after %s: buffered %v, %d reads", w.data, r.Buffered(), src.reads)
		}
		if got := string(r.Event().Data); got != w.data {
			t.Errorf("got %q, want %q: looking ahead disturbed the event", got, w.data)
		}
	}
	for range 2 {
		if r.Next() || r.Err() != nil {
			t.Error("events after the end", r.Err())
		}
	}
	if e := r.Event(); e.Raw != nil || e.Data != nil {
		t.Errorf("the event after the end is %q", e)
	}
}

// TestMore takes the events that a read has brought, and reads no more.
func TestMore(t *testing.T) {
	for name, s := range map[string]struct {
		data []string
		open func(io.Reader) Source
	}{
		"events": {[]string{"data: a\n\ndata: b\n\ndata: c", "\n\ndata: d\n\n"}, func(r io.Reader) Source { return NewReader(r) }},
		"array":  {[]string{"[1,2,", "3,4]"}, func(r io.Reader) Source { return NewArrayReader(r) }},
	} {
		src := &pieces{data: s.data}
		r := s.open(src)
		var counts []int
		for r.Next() {
			n := 1
			for r.More() {
				n++
			}
			if len(r.Event().Data) != 1 {
				t.Errorf("%s: the event is gone after the last of a read: %q", name, r.Event())
			}
			counts = append(counts, n, src.reads)
		}
		if fmt.Sprint(counts) != "[2 1 2 2]" || r.Err() != nil {
			t.Errorf("%s: events and reads %v, %v", name, counts, r.Err())
		}
	}
}

func TestReaderError(t *testing.T) {
	broken := errors.New("broken")
	for _, tail := range []string{"", "data: c", "data: c\n", "data: c\r"} {
		r := NewReader(&pieces{data: []string{"data: a\n\ndata: b\n\n" + tail}, err: broken})
		events, err := drain(r)
		if !errors.Is(err, broken) {
			t.Errorf("%q: error is %v", tail, err)
		}
		checkEvents(t, events, []got{{"", "a", "data: a\n\n"}, {"", "b", "data: b\n\n"}})
	}
	r := NewReader(&pieces{data: []string{"data: a\r\n\r"}, err: broken})
	events, err := drain(r)
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	checkEvents(t, events, []got{{"", "a", "data: a\r\n\r"}})
	if _, err := drain(NewReader(idle{})); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

// idle is a source that never delivers.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

func TestReaderLimit(t *testing.T) {
	for name, chunked := range chunkings {
		stream := "data: 56789\n\n" + "data: 567890\n\n" + "data: a\n\n"
		r := NewReader(chunked(strings.NewReader(stream)))
		r.limit = len("data: 56789\n\n")
		events, err := drain(r)
		if !errors.Is(err, ErrTooLong) {
			t.Errorf("%s: error is %v", name, err)
		}
		checkEvents(t, events, []got{{"", "56789", "data: 56789\n\n"}})
	}
}

// TestReaderLarge reads events larger than the buffer between small ones.
func TestReaderLarge(t *testing.T) {
	for name, chunked := range chunkings {
		sizes := []int{10, 70_000, 3, 32 << 10, 5}
		if name == "whole" || name == "halves" {
			sizes = append(sizes, 1_000_000, 7) // byte by byte it takes too long
		}
		testReaderLarge(t, name, chunked, sizes)
	}
}

func testReaderLarge(t *testing.T, name string, chunked func(io.Reader) io.Reader, sizes []int) {
	var stream bytes.Buffer
	var want []got
	for _, n := range sizes {
		raw := "event: big\ndata: " + strings.Repeat("x", n) + "\n\n"
		want = append(want, got{"big", strings.Repeat("x", n), raw})
		stream.WriteString(raw)
	}
	r := NewReader(chunked(&stream))
	events, err := drain(r)
	if err != nil {
		t.Fatal(name, err)
	}
	checkEvents(t, events, want)
	if len(r.buf) > 4*1_000_000 {
		t.Errorf("%s: the buffer has grown to %d", name, len(r.buf))
	}
	if r.Reset(nil); len(r.buf) > keepSize {
		t.Errorf("%s: Reset kept %d bytes", name, len(r.buf))
	}
}

func TestReaderReset(t *testing.T) {
	r := NewReader(strings.NewReader("event: e\rdata: a\rdata: b\rdata: c"))
	r.limit = 5
	drain(r)
	for range 2 {
		r.Reset(strings.NewReader("\xEF\xBB\xBFdata: x\n\n"))
		events, err := drain(r)
		if err != nil {
			t.Fatal(err)
		}
		checkEvents(t, events, []got{{"", "x", "\xEF\xBB\xBFdata: x\n\n"}})
	}
}

func TestReaderAllocations(t *testing.T) {
	stream := strings.Repeat("event: content_block_delta\ndata: {\"a\":1}\n\ndata: a\ndata: b\n\n: c\n\n", 100)
	src := strings.NewReader(stream)
	r := NewReader(src)
	drain(r)
	n := testing.AllocsPerRun(10, func() {
		src.Reset(stream)
		r.Reset(src)
		for r.Next() {
			for r.More() {
				r.Buffered()
			}
		}
	})
	if n != 0 {
		t.Errorf("reading a stream allocates %v times", n)
	}
}

// steps is a source that gives one of its pieces for each read.
type steps [][]byte

func (s *steps) Read(b []byte) (int, error) {
	if len(*s) == 0 {
		return 0, io.EOF
	}
	n := copy(b, (*s)[0])
	if (*s)[0] = (*s)[0][n:]; len((*s)[0]) == 0 {
		*s = (*s)[1:]
	}
	return n, nil
}

// TestBufferGrowsWithTheStream checks that thousands of streams that wait for their next event take little memory, and
// that a busy one still takes much at once.
func TestBufferGrowsWithTheStream(t *testing.T) {
	event := []byte("data: " + strings.Repeat("x", 200) + "\n\n")
	burst := bytes.Repeat(event, 100)
	src := steps{event, event, burst, event}
	r := NewReader(&src)
	sizes := map[int]int{}
	n := 0
	for r.Next() {
		sizes[len(r.buf)]++
		if n++; n == 2 && len(r.buf) != startSize {
			t.Errorf("%d bytes for two small events, want %d", len(r.buf), startSize)
		}
	}
	if n != 103 || r.Err() != nil {
		t.Fatalf("%d events, %v", n, r.Err())
	}
	if sizes[busySize] < 70 {
		t.Errorf("events by the buffer's size: %v; most of a burst belongs into %d", sizes, busySize)
	}
}
