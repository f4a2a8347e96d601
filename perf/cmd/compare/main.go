// Command compare measures two gateways in turn, ABAB..., and prints the
// ratios of their CPU time a request and their median latency.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/bench"
)

func main() {
	log.SetFlags(0)
	var l bench.Load
	l.Flags(flag.CommandLine)
	a := flag.String("a", "", "gateway A as url,pid[,model[,path]]")
	b := flag.String("b", "", "gateway B, likewise")
	rounds := flag.Int("rounds", 5, "runs of each")
	name := flag.String("scenario", "", "use the flags of a scenario in the README (not idle), and set the upstream accordingly")
	upstream := flag.String("upstream", "http://127.0.0.1:9100", "the mock upstream, for -scenario")
	limit := flag.Float64("max-cpu-ratio", 0, "exit 1 when the median CPU ratio A/B is above this; 0 for no limit")
	flag.Parse()
	if *name != "" {
		if err := l.Use(*name, *upstream, flag.CommandLine); err != nil {
			log.Fatal(err)
		}
	}

	targets := [2]bench.Target{target(*a), target(*b)}
	var cpu, p50, first []float64
	errors := 0
	for i := range *rounds {
		var r [2]*bench.Report
		for j, t := range targets {
			var err error
			if r[j], err = l.Run(t); err != nil {
				log.Fatal(err)
			}
			fmt.Printf("%c%d %s\n", 'A'+j, i+1, r[j])
			errors += r[j].Errors
		}
		cpu = append(cpu, r[0].CPU/r[1].CPU)
		p50 = append(p50, r[0].P50/r[1].P50)
		first = append(first, r[0].First50/r[1].First50)
	}
	fmt.Printf("A/B cpu per request: %s\nA/B p50 latency:     %s\n", spread(cpu), spread(p50))
	if l.Stream {
		fmt.Printf("A/B p50 first data:  %s\n", spread(first))
	}
	if m := median(cpu); errors > 0 || *limit > 0 && !(m <= *limit) {
		fmt.Printf("FAIL: %d errors, cpu ratio %.2f\n", errors, m)
		os.Exit(1)
	}
}

func target(s string) bench.Target {
	f := strings.Split(s, ",")
	if len(f) < 2 {
		log.Fatalf("%q is not url,pid[,model[,path]]", s)
	}
	pid, err := strconv.Atoi(f[1])
	if err != nil {
		log.Fatal(err)
	}
	t := bench.Target{URL: f[0], PID: pid, Model: "mock-model"}
	if len(f) > 2 && f[2] != "" {
		t.Model = f[2]
	}
	if len(f) > 3 {
		t.Path = f[3]
	}
	return t
}

func median(v []float64) float64 {
	v = slices.Sorted(slices.Values(v))
	return v[len(v)/2]
}

func spread(v []float64) string {
	return fmt.Sprintf("median %.2f (from %.2f to %.2f in %d rounds)", median(v), slices.Min(v), slices.Max(v), len(v))
}
