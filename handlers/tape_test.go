package handlers

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-ai-gateway/ai-gateway/stored"
)

// numbered is an event of the given length of a stream of the Responses API.
func numbered(number, length int) string {
	return fmt.Sprintf("event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"%s\",\"sequence_number\":%d}\n\n",
		strings.Repeat("x", length), number)
}

// recordedRun is a response in the making whose stream is as long as the number of events, of a MiB each.
func recordedRun(f *fixture, events int) (id string, tape *stored.Tape) {
	id, tape = "resp_gw1", stored.NewTape()
	f.Runs.Begin("test/alice", id, func() {}, tape)
	f.Gateway.Stored.Put("test/alice", stored.Response{ID: id, Pending: true, Body: []byte(`{"id":"resp_gw1","status":"in_progress","output":[]}`)}, nil)
	for i := range events {
		_, _ = io.WriteString(tape, numbered(i, 1<<20))
	}
	return id, tape
}

// TestLongStream tells who asks for the beginning of a stream that is too long to be kept, and serves who asks for the
// end.
func TestLongStream(t *testing.T) {
	f := serve(t, gatewaySpec{})
	id, tape := recordedRun(f, 20)
	for _, query := range []string{"stream=true", "stream=true&starting_after=2"} {
		got := f.do("GET", responses+"/"+id+"?"+query, "")
		if got.status != 400 || gjson.Get(got.body, "error.code").Str != "stream_not_kept" || !strings.Contains(errorOf(got.body), "ask for it without stream") {
			t.Errorf("%s: %d %.300s", query, got.status, got.body)
		}
	}
	if got := f.do("GET", responses+"/"+id, ""); got.status != 200 || gjson.Get(got.body, "status").Str != "in_progress" {
		t.Errorf("the response itself: %d %s", got.status, got.body)
	}
	_, _ = io.WriteString(tape, numbered(20, 1))
	tape.End()
	if got := f.do("GET", responses+"/"+id+"?stream=true&starting_after=18", ""); got.status != 200 || got.body != numbered(19, 1<<20)+numbered(20, 1) {
		t.Errorf("the end: %d, %d bytes", got.status, len(got.body))
	}
	// Once the answer is there, its stream can be made of it.
	f.Runs.End("test/alice", id)
	f.Gateway.Stored.Replace("test/alice", stored.Response{ID: id, Body: []byte(`{"id":"resp_gw1","object":"response","status":"completed","output":[]}`)}, nil)
	if got := f.do("GET", responses+"/"+id+"?stream=true", ""); got.status != 200 || !strings.Contains(got.body, "event: response.completed\n") {
		t.Errorf("when it has ended: %d %.300s", got.status, got.body)
	}
}

// TestSlowWatcher ends the stream of a client that does not keep up, in words, and hurts nobody else.
func TestSlowWatcher(t *testing.T) {
	f := serve(t, gatewaySpec{})
	id, tape := recordedRun(f, 0)
	_, _ = io.WriteString(tape, numbered(0, 1))
	req, _ := http.NewRequestWithContext(context.Background(), "GET", f.server.URL+responses+"/"+id+"?stream=true", nil)
	req.Header.Set("Authorization", "Bearer "+clientSecret)
	resp, err := f.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	first := make([]byte, len(numbered(0, 1)))
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != numbered(0, 1) {
		t.Fatalf("got %s, %v", first, err)
	}
	for i := range 60 { // at once, so that nobody can have read them
		_, _ = io.WriteString(tape, numbered(1+i, 1<<20))
	}
	tape.End()
	rest, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	frames := strings.SplitAfter(strings.TrimSuffix(string(rest), "\n\n"), "\n\n")
	last := frames[len(frames)-1]
	data := gjson.Parse(last[max(strings.Index(last, "{"), 0):])
	if !strings.HasPrefix(last, "event: error\n") || data.Get("code").Str != "stream_not_kept" || data.Get("sequence_number").Int() != int64(len(frames)) {
		t.Errorf("after %d frames: %.300s", len(frames), last)
	}
	if f.Runs.Tape("test/alice", id) != tape {
		t.Error("the response is not being made any more")
	}
}
