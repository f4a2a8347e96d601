package aigateway

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/caddy-ai-gateway/ai-gateway/usage"
	"github.com/caddy-ai-gateway/ai-gateway/usage/sqlite"
)

// usageCommand shows what was used and what it cost. It reads the database itself, so that no gateway need be running.
func usageCommand() *cobra.Command {
	var ask usage.Ask
	var path string
	var asCSV, asJSON bool
	cmd := &cobra.Command{
		Use:   "usage [--by key,account,model,day] [--since <when>] [--until <when>] [--where <what=value>]... [--csv | --json] [--db <path>]",
		Short: "Shows what was used and what it cost",
		Long: `Sums up what keys, accounts and models have used and what it cost, out of the
database of usage, whether a gateway is running or not.

When is a date (2026-12-31), a time (2026-12-31T10:00:00Z) or how long ago (7d);
days begin and end in UTC, and --until means the end of its day. What can be
key, account, model, day, month, asked, provider and gateway.`,
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&ask.By, "by", "key", "what to group by, with commas between")
	flags.StringVar(&ask.Since, "since", "", "from when on (default 30 days ago)")
	flags.StringVar(&ask.Until, "until", "", "until when (default now)")
	flags.StringArrayVar(&ask.Where, "where", nil, "only where this is so, such as key=alice")
	flags.BoolVar(&asCSV, "csv", false, "write comma-separated values")
	flags.BoolVar(&asJSON, "json", false, "write JSON")
	flags.StringVar(&path, "db", "", "the database (default that of the default configuration)")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) {
		write := (*usage.Report).WriteTable
		switch {
		case asCSV && asJSON:
			return caddy.ExitCodeFailedStartup, errors.New("choose one of --csv and --json")
		case asCSV:
			write = (*usage.Report).WriteCSV
		case asJSON:
			write = func(report *usage.Report, out io.Writer) error { return printJSON(out, report) }
		}
		if path == "" {
			path = sqlite.DefaultPath()
		}
		report, err := readUsage(cmd.Context(), path, ask)
		if err == nil {
			err = write(report, cmd.OutOrStdout())
		}
		if err != nil {
			return caddy.ExitCodeFailedStartup, err
		}
		return caddy.ExitCodeSuccess, nil
	})
	return cmd
}

func readUsage(ctx context.Context, path string, ask usage.Ask) (*usage.Report, error) {
	if ctx == nil {
		ctx = context.Background()
	}
	q, err := ask.Query(time.Now())
	if err != nil {
		return nil, err
	}
	store, err := sqlite.OpenForReading(ctx, path)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	rows, err := store.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	return &usage.Report{By: q.By, Rows: rows}, nil
}
