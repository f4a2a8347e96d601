// Command growth measures how the gateway's cost grows: its memory with open
// streams, accounts and sessions, its CPU time with the size of a request and
// the length of a history, its start and reload with accounts; beside a plain
// proxy of the same binary where that has the same work. Everything that it
// starts ends with it.
//
//	go run ./cmd/growth -quick                        # within a minute
//	go run ./cmd/growth -csv FILE -svg DIRECTORY      # about ten minutes
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/caddy-ai-gateway/ai-gateway/perf/internal/stand"
)

// options are what the command line says.
type options struct {
	checkout, caddy string
	quick           bool
	only            []string
	csv, svg        string
}

// measurer is one part of the measurement.
type measurer struct {
	name string
	run  func(*bank, context.Context) error
}

var measurers = []measurer{
	{"start", (*bank).starts}, {"streams", (*bank).streams}, {"bodies", (*bank).bodies}, {"messages", (*bank).messages},
	{"accounts", (*bank).accounts}, {"sessions", (*bank).sessions},
}

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
	var names []string
	for _, m := range measurers {
		names = append(names, m.name)
	}
	flag.StringVar(&o.checkout, "checkout", "..", "the checkout to build")
	flag.StringVar(&o.caddy, "caddy", "", "a Caddy that is built already, instead")
	flag.BoolVar(&o.quick, "quick", false, "small sizes and one round, to see that everything works")
	flag.StringVar(&o.csv, "csv", "", "a file for the results; the rows of other parts that it has already stay")
	flag.StringVar(&o.svg, "svg", "", "a directory for graphs of all that the results have")
	only := flag.String("only", strings.Join(names, ","), "which parts; \"none\" only draws what -csv has")
	flag.Parse()
	if *only == "none" {
		return o, nil
	}
	o.only = strings.Split(*only, ",")
	for _, name := range o.only {
		if !slices.Contains(names, name) {
			return nil, fmt.Errorf("%q is no part; there are %s", name, strings.Join(names, ", "))
		}
	}
	return o, nil
}

func run(ctx context.Context, o *options) error {
	var results table
	if o.csv != "" {
		if err := results.read(o.csv); err != nil {
			return err
		}
	}
	failed := measure(ctx, o, &results) // what was measured before that is kept
	results.print(os.Stdout)
	if o.csv != "" {
		if err := results.write(o.csv); err != nil {
			return err
		}
	}
	if failed != nil || o.svg == "" {
		return failed
	}
	return results.draw(o.svg)
}

func measure(ctx context.Context, o *options, results *table) error {
	if len(o.only) == 0 {
		return nil
	}
	s, err := stand.New(ctx, o.checkout, o.caddy)
	if err != nil {
		return err
	}
	defer s.Close()
	b := &bank{Stand: s, options: o, results: results}
	for _, m := range measurers {
		if !slices.Contains(o.only, m.name) {
			continue
		}
		if err := m.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}
