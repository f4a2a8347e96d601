// Command load measures one gateway: a closed loop of requests, or with -idle
// a crowd of slow streams held open.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/bench"
)

func main() {
	log.SetFlags(0)
	var (
		l bench.Load
		t bench.Target
	)
	l.Flags(flag.CommandLine)
	flag.StringVar(&t.URL, "url", "http://127.0.0.1:9100", "the gateway")
	flag.IntVar(&t.PID, "pid", 0, "process of the gateway, to report its CPU time and memory")
	flag.StringVar(&t.Path, "path", "", "request path, where it is not the dialect's own")
	flag.StringVar(&t.Model, "model", "mock-model", "model to ask for")
	idle := flag.Int("idle", 0, "hold this many slow streams open instead; needs -pid")
	hold := flag.Duration("hold", 10*time.Second, "how long to hold them once all are open")
	name := flag.String("scenario", "", "use the flags of a scenario in the README, and set the upstream accordingly")
	upstream := flag.String("upstream", "http://127.0.0.1:9100", "the mock upstream, for -scenario")
	asJSON := flag.Bool("json", false, "print the report as JSON")
	flag.Parse()
	if *name != "" {
		if err := l.Use(*name, *upstream, flag.CommandLine); err != nil {
			log.Fatal(err)
		}
		if *name == "idle" && *idle == 0 {
			*idle = 2000
		}
	}

	var (
		report fmt.Stringer
		err    error
		failed bool
	)
	if *idle > 0 {
		var r *bench.Idle
		if r, err = l.Crowd(t, *idle, *hold); err == nil {
			report, failed = r, r.Failed > 0
		}
	} else {
		var r *bench.Report
		if r, err = l.Run(t); err == nil {
			report, failed = r, r.Errors > 0
		}
	}
	if err != nil {
		log.Fatal(err)
	}
	if *asJSON {
		if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
			log.Fatal(err)
		}
	} else {
		fmt.Println(report)
	}
	if failed {
		os.Exit(1)
	}
}
