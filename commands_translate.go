package aigateway

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/caddy-ai-gateway/ai-gateway/translate"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// exitRefused is the exit code for a body that the gateway would answer with
// an error.
const exitRefused = 2

// translation is one run of the command: what to read as what.
type translation struct {
	preview          translate.Preview
	from, to         string
	response, stream bool
	headers          []string
}

// translateCommand shows what the gateway makes of a body, for people who want
// to know what reaches a model, and for reports of faults.
func translateCommand() *cobra.Command {
	var o translation
	cmd := &cobra.Command{
		Use:   "translate --from <dialect> --to <dialect> [--response | --stream] [--model <name>] [--provider <kind>] [--header <name: value>]... [--strict]",
		Short: "Translates a body from one dialect to another and tells what is lost",
		Long: `Reads a client's request on standard input and writes what an upstream of the
other dialect would be sent. With --response it reads an upstream's answer, with
--stream an upstream's stream, and writes what a client of the other dialect
would read. The dialects are chat, responses, anthropic and gemini; a request
can also be read as the web app's draft, --to gemini_web, of which it is told
the prompt and what goes with it.

What could not be carried over as it was is told on standard error, a line per
note: its level, its code, the place in the input, and what was done instead.

Exit codes: 0 when the body was translated, 1 for a mistake in the call, 2 when
the gateway would answer with an error, which is then written instead.`,
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&o.from, "from", "", "dialect of the input")
	flags.StringVar(&o.to, "to", "", "dialect of the output")
	flags.BoolVar(&o.response, "response", false, "the input is an upstream's whole answer")
	flags.BoolVar(&o.stream, "stream", false, "the input is an upstream's stream")
	flags.StringVar(&o.preview.Model, "model", "", "the upstream's name of the model; without it, the one in the body")
	flags.StringVar(&o.preview.Provider, "provider", "", "kind of the account, such as openai_compatible; without it, the dialect's own vendor")
	flags.StringArrayVar(&o.headers, "header", nil, "header of the client's request, such as \"anthropic-beta: …\"")
	flags.BoolVar(&o.preview.Strict, "strict", false, "refuse what cannot be sent as it is")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cmd.SilenceErrors, cmd.SilenceUsage = true, true // what is wrong has been told already
		run := caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) {
			return o.run(cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		})
		return run(cmd, args)
	}
	return cmd
}

// run reads the input, writes the output and tells the notes.
func (o *translation) run(in io.Reader, out, notes io.Writer) (int, error) {
	if err := o.check(); err != nil {
		return caddy.ExitCodeFailedStartup, err
	}
	if o.stream {
		list, err := o.preview.Stream(out, in)
		tell(notes, list)
		return o.refused(err, io.Discard, notes)
	}
	body, err := io.ReadAll(in)
	if err != nil {
		return caddy.ExitCodeFailedStartup, fmt.Errorf("reading standard input: %w", err)
	}
	if o.response {
		answer, list, err := o.preview.Response(body)
		tell(notes, list)
		if err != nil {
			return o.refused(err, out, notes)
		}
		return write(out, answer)
	}
	sent, err := o.preview.Request(body)
	tell(notes, sent.Notes)
	if err != nil {
		return o.refused(err, out, notes)
	}
	for name, values := range sent.Header {
		fmt.Fprintf(notes, "header %s: %s\n", name, strings.Join(values, ", "))
	}
	return write(out, sent.Body)
}

// tell writes a line per note.
func tell(w io.Writer, list []ir.Note) {
	for _, n := range list {
		fmt.Fprintln(w, note(n))
	}
}

// check completes the options, or says what is wrong with them.
func (o *translation) check() error {
	o.preview.From, o.preview.To = ir.Dialect(o.from), ir.Dialect(o.to)
	for _, f := range []struct {
		name    string
		dialect ir.Dialect
	}{{"--from", o.preview.From}, {"--to", o.preview.To}} {
		if f.dialect == ir.GeminiWeb && f.name == "--to" && !o.response && !o.stream {
			continue
		}
		if f.dialect == ir.GeminiWeb {
			return fmt.Errorf("%s is gemini_web; only requests are translated, and only to it", f.name)
		}
		if !slices.Contains(ir.Dialects[:], f.dialect) {
			return fmt.Errorf("%s is %q; give one of chat, responses, anthropic and gemini", f.name, f.dialect)
		}
	}
	if o.response && o.stream {
		return errors.New("--response and --stream exclude each other: the input is one or the other")
	}
	if o.preview.From == ir.Gemini && o.preview.Model == "" && !o.response && !o.stream {
		return errors.New("a request of gemini names its model in the path; name it with --model")
	}
	o.preview.Header = http.Header{}
	for _, line := range o.headers {
		name, value, found := strings.Cut(line, ":")
		if !found {
			return fmt.Errorf("--header %q holds no colon; write it as \"name: value\"", line)
		}
		o.preview.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return nil
}

// refused tells an error of the translation as the client would read it.
func (o *translation) refused(err error, out, notes io.Writer) (int, error) {
	if err == nil {
		return caddy.ExitCodeSuccess, nil
	}
	var e *ir.Error
	if !errors.As(err, &e) {
		return caddy.ExitCodeFailedStartup, err
	}
	client := o.preview.From
	if o.response || o.stream {
		client = o.preview.To
	}
	fmt.Fprintf(notes, "error %d %s: %s\n", e.Status, e.Kind, e.Message)
	if code, err := write(out, translate.CodecOf(client).AppendError(nil, e, "")); err != nil {
		return code, err
	}
	return exitRefused, nil
}

func write(out io.Writer, body []byte) (int, error) {
	if _, err := out.Write(append(body, '\n')); err != nil {
		return caddy.ExitCodeFailedStartup, fmt.Errorf("writing the translated body: %w", err)
	}
	return caddy.ExitCodeSuccess, nil
}

// note is one line about something that was not carried over as it was.
func note(n ir.Note) string {
	level := "info"
	if n.Level == ir.Warn {
		level = "warn"
	}
	line := level + " " + n.Code + " " + n.Path
	if n.Detail != "" {
		line += ": " + n.Detail
	}
	return line
}
