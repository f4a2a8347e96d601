package aigateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/caddy-ai-gateway/ai-gateway/simulator"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:      "ai-gateway",
		Short:     "Tools for the AI gateway",
		CobraFunc: addCommands,
	})
}

// addCommands makes cmd the command `caddy ai-gateway`, with all that stands below it.
func addCommands(cmd *cobra.Command) {
	// Otherwise cobra shows its help for a command that there is not, as if all were well.
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.AddCommand(simulateCommand(), translateCommand(), usageCommand())
	cmd.AddCommand(statusCommand(), accountsCommand(), keysCommand(), sessionsCommand(), explainCommand(), doctorCommand())
	cmd.AddCommand(loginCommand(), logoutCommand())
}

// simulateCommand serves the simulator over HTTP, for trying a configuration
// and for testing clients without any vendor's account.
func simulateCommand() *cobra.Command {
	var o simulator.Options
	var listen string
	cmd := &cobra.Command{
		Use:   "simulate [--listen <address>] [--account <name>] [--key <key>]... [--model <name>]... [--delay <duration>] [--first-byte <duration>] [--always <words>]",
		Short: "Serves an upstream that speaks all dialects and needs no key",
		Long: `Serves the simulator over HTTP: an upstream that speaks OpenAI Chat Completions,
OpenAI Responses, Anthropic Messages and Gemini, checks requests as strictly as
the vendors do, and fails on demand by words in the prompt.`,
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&listen, "listen", "127.0.0.1:9999", "address to listen on")
	flags.StringVar(&o.Account, "account", "", "account that signs thoughts")
	flags.StringArrayVar(&o.Keys, "key", nil, "credential that is accepted; without any, all are")
	flags.StringArrayVar(&o.Models, "model", nil, "model that is listed")
	flags.StringVar(&o.Always, "always", "", "words that apply to every prompt, such as \"fail with 503\"")
	flags.DurationVar(&o.Delay, "delay", 0, "time between the words of an answer")
	flags.DurationVar(&o.FirstByte, "first-byte", 0, "time before an answer begins")
	cmd.RunE = caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return simulate(ctx, listen, o)
	})
	return cmd
}

// simulate serves until ctx ends.
func simulate(ctx context.Context, address string, o simulator.Options) (int, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return caddy.ExitCodeFailedStartup, fmt.Errorf("listening on %s: %w; choose another address with --listen", address, err)
	}
	fmt.Printf("simulator at http://%s; any model name will do; end with Ctrl+C\n", listener.Addr())
	server := &http.Server{Handler: simulator.New(o), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return caddy.ExitCodeFailedStartup, fmt.Errorf("serving the simulator: %w", err)
	}
	return caddy.ExitCodeSuccess, nil
}
