// Command upstream is a mock LLM provider for load tests.
package main

import (
	"flag"
	"log"
	"net/http"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/mock"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9100", "address to listen on")
	chunks := flag.Int("chunks", 200, "text deltas in an answer")
	delay := flag.Duration("delay", 0, "pause before each write of text deltas")
	ttft := flag.Duration("ttft", 0, "pause before the first byte of an answer")
	batch := flag.Int("batch", 1, "text deltas sent in one write")
	flag.Parse()
	log.Printf("mock upstream on %s: %d chunks", *addr, *chunks)
	log.Fatal(http.ListenAndServe(*addr, mock.New(*chunks, *batch, *delay, *ttft)))
}
