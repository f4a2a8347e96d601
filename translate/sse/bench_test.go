package sse

import (
	"strings"
	"testing"
)

// benchmarkSource reads a stream of 200 events, 20 a read.
func benchmarkSource(b *testing.B, opening, event, closing string, s Source, reset func(*pieces)) {
	chunks := make([]string, 10)
	for i := range chunks {
		chunks[i] = strings.Repeat(event, 20)
	}
	chunks[0] = opening + chunks[0]
	chunks[9] += closing
	b.SetBytes(int64(200 * len(event)))
	b.ReportAllocs()
	data := make([]string, len(chunks))
	src := &pieces{}
	for b.Loop() {
		copy(data, chunks)
		*src = pieces{data: data}
		reset(src)
		n := 0
		for s.Next() {
			n += len(s.Event().Data)
			s.Buffered()
		}
		if n == 0 || s.Err() != nil {
			b.Fatal(n, s.Err())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200, "ns/event")
}

func BenchmarkReader(b *testing.B) {
	r := NewReader(nil)
	reset := func(p *pieces) { r.Reset(p) }
	data := `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"` + strings.Repeat("word ", 30) + `"}}`
	b.Run("LF", func(b *testing.B) {
		benchmarkSource(b, "", "event: content_block_delta\ndata: "+data+"\n\n", "", r, reset)
	})
	b.Run("CRLF", func(b *testing.B) {
		benchmarkSource(b, "", "event: content_block_delta\r\ndata: "+data+"\r\n\r\n", "", r, reset)
	})
	b.Run("lines", func(b *testing.B) {
		benchmarkSource(b, "", "data: {\ndata: "+data[1:]+"\n\n", "", r, reset)
	})
}

func BenchmarkArrayReader(b *testing.B) {
	r := NewArrayReader(nil)
	element := "{\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"" + strings.Repeat("word ", 30) + "\"}],\"role\": \"model\"},\"index\": 0}],\"modelVersion\": \"m\"}\n"
	benchmarkSource(b, "[", element+",\n", element+"]", r, func(p *pieces) { r.Reset(p) })
}
