// Command ratios measures what the gateway costs against a plain proxy. It
// builds a Caddy from the checkout, starts a mock upstream, a gateway and a
// stock reverse_proxy of the same binary on loopback, drives both in turn, and
// prints a table of ratios. Everything it starts ends with it.
//
//	go run ./cmd/ratios            # every scenario and pair, about an hour
//	go run ./cmd/ratios -quick     # the important ones, a few minutes
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/bench"
	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/stand"
)

// options are what the command line says.
type options struct {
	checkout, caddy string
	rounds          int
	share           int // per cent of each scenario's requests
	scenarios       []string
	pairs           []pair
	usage           bool
	profiles        string
}

// pair is what the client speaks and what the upstream is asked in.
type pair struct{ client, upstream string }

func (p pair) String() string {
	if p.client == p.upstream {
		return shown(p.client) + " relayed"
	}
	return shown(p.client) + " to " + shown(p.upstream)
}

var dialects = []string{"openai", "responses", "anthropic", "gemini"}

// shown is a dialect as the gateway calls it: the load generator says openai for chat.
func shown(dialect string) string { return strings.Replace(dialect, "openai", "chat", 1) }

func main() {
	log.SetFlags(0)
	o, err := parse()
	if err != nil {
		log.Fatal(err)
	}
	stand.Main(func(ctx context.Context) error { return run(ctx, o) })
}

func parse() (*options, error) {
	o := &options{}
	flag.StringVar(&o.checkout, "checkout", "..", "the checkout to build")
	flag.StringVar(&o.caddy, "caddy", "", "a Caddy that is built already, instead")
	flag.IntVar(&o.rounds, "rounds", 5, "runs of each cell, whose median counts")
	flag.IntVar(&o.share, "share", 100, "per cent of a scenario's requests in each run")
	flag.BoolVar(&o.usage, "usage", true, "keep usage in SQLite, as by default")
	flag.StringVar(&o.profiles, "profiles", "", "a directory for CPU profiles of the gateway; taking them falsifies the figures")
	scenarios := flag.String("scenarios", "small,large,burst,lburst,paced", "which scenarios")
	pairs := flag.String("pairs", "all", "which pairs: all, or client-upstream,...")
	quick := flag.Bool("quick", false, "3 rounds of a quarter of the requests, without paced, relays and five translations")
	flag.Parse()
	if *quick {
		o.rounds, o.share = 3, 25
		*scenarios = "small,large,burst,lburst"
		*pairs = "openai-openai,openai-anthropic,responses-responses,responses-anthropic," +
			"anthropic-anthropic,anthropic-openai,anthropic-gemini,gemini-gemini,gemini-openai"
		flag.Visit(func(f *flag.Flag) {
			switch f.Name {
			case "pairs":
				*pairs = f.Value.String()
			case "scenarios":
				*scenarios = f.Value.String()
			}
		})
	}
	o.scenarios = strings.Split(*scenarios, ",")
	var err error
	o.pairs, err = parsePairs(*pairs)
	return o, err
}

func parsePairs(s string) (list []pair, err error) {
	if s == "all" {
		for _, client := range dialects {
			for _, upstream := range dialects {
				list = append(list, pair{client, upstream})
			}
		}
		return list, nil
	}
	for item := range strings.SplitSeq(s, ",") {
		client, upstream, _ := strings.Cut(strings.ReplaceAll(item, "chat", "openai"), "-")
		if !slices.Contains(dialects, client) || !slices.Contains(dialects, upstream) {
			return nil, fmt.Errorf("%q is no pair; dialects are %s", item, shown(strings.Join(dialects, ", ")))
		}
		list = append(list, pair{client, upstream})
	}
	return list, nil
}

func run(ctx context.Context, o *options) error {
	s, err := newRig(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()
	t := newTable(o)
	for _, scenario := range o.scenarios {
		for round := range o.rounds {
			for _, client := range dialects {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := s.measure(t, scenario, client, round); err != nil {
					return fmt.Errorf("%s, %s: %w", scenario, client, err)
				}
			}
		}
	}
	t.print(os.Stdout)
	return nil
}

// measure runs the scenario for one client dialect once: the plain proxy, then
// each pair. So a ratio's two halves are seconds apart.
func (s *rig) measure(t *table, scenario, client string, round int) error {
	var plain *bench.Report
	for _, p := range s.options.pairs {
		if p.client != client {
			continue
		}
		if plain == nil {
			var err error
			if plain, err = s.load(scenario, client, s.proxy, stand.Model[client]); err != nil {
				return err
			}
		}
		stop := s.profile(scenario, p, round)
		r, err := s.load(scenario, client, s.gateway, stand.Model[p.upstream])
		stop()
		if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		t.add(scenario, p, r, plain)
		fmt.Fprintf(os.Stderr, "%s, %s, round %d: %.0f us against %.0f us\n", scenario, p, round+1, r.CPU, plain.CPU)
	}
	return nil
}

// load drives one gateway. A wrong answer voids everything.
func (s *rig) load(scenario, client string, g *stand.Caddy, model string) (*bench.Report, error) {
	l := bench.Load{Dialect: client, Chunks: stand.Chunks, Max: 2 * time.Minute, Timeout: 30 * time.Second, Key: stand.Key}
	if err := l.Use(scenario, s.Upstream, nil); err != nil {
		return nil, err
	}
	if scenario != "paced" {
		l.N = max(l.N*s.options.share/100, 100)
	}
	r, err := l.Run(bench.Target{URL: g.URL, PID: g.PID, Model: model})
	if err != nil {
		return nil, err
	}
	if r.Errors > 0 {
		return nil, fmt.Errorf("wrong answers: %s", r)
	}
	return r, nil
}
