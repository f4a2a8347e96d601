package aigateway

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// errForm says that an option's arguments are not of its form; the one who calls the parse function adds the form.
var errForm = errors.New("unexpected arguments")

// option is one option of a block of T.
type option[T any] struct {
	// form is the line as it should be written.
	form string

	// many allows the option more than once.
	many bool

	// parse reads the arguments; the dispenser stands at the option's name. Of its errors, errForm is replaced by the
	// form, and those without a file and a line get them.
	parse func(*caddyfile.Dispenser, *T) error
}

// options are all options of a block of T, by name.
type options[T any] map[string]option[T]

// parseBlock reads the block that follows, if there is one, into t. What names the block in errors.
func (o options[T]) parseBlock(d *caddyfile.Dispenser, t *T, what string) error {
	return parseBlock(d, t, func(name string) (option[T], error) { return o.find(name, what) })
}

// parseBlock reads the block that follows, if there is one, into t.
func parseBlock[T any](d *caddyfile.Dispenser, t *T, find func(name string) (option[T], error)) error {
	seen := make(map[string]int)
	for nesting := d.Nesting(); d.NextBlock(nesting); {
		name, line := d.Val(), d.Line()
		opt, err := find(name)
		if err != nil {
			return locate(d, err)
		}
		if seen[name] != 0 && !opt.many {
			return locate(d, fmt.Errorf("option %q is given twice, first in line %d", name, seen[name]))
		}
		seen[name] = line
		if err := opt.parse(d, t); err != nil {
			return opt.located(d, name, err)
		}
	}
	return nil
}

// find returns the option, or an error if there is none of that name.
func (o options[T]) find(name, what string) (option[T], error) {
	opt, ok := o[name]
	switch {
	case name == "{":
		return opt, errors.New("unexpected block: the option before it takes none")
	case !ok:
		return opt, fmt.Errorf("unknown option %q of %s; possible are %s", name, what, strings.Join(o.names(), ", "))
	}
	return opt, nil
}

// located gives an error its option, file and line, unless it has them from a block within.
func (o option[T]) located(d *caddyfile.Dispenser, name string, err error) error {
	var at *locatedError
	switch {
	case errors.As(err, &at):
		return err
	case errors.Is(err, errForm):
		return locate(d, fmt.Errorf("%s: wrong arguments; expected: %s", name, o.form))
	default:
		return locate(d, fmt.Errorf("%s: %w", name, err))
	}
}

// names are those of the options that this version has.
func (o options[T]) names() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(o)) {
		if o[name].parse != nil {
			names = append(names, name)
		}
	}
	return names
}

// locatedError is an error that already names its file and line.
type locatedError struct{ error }

func (e *locatedError) Unwrap() error { return e.error }

func locate(d *caddyfile.Dispenser, err error) error { return &locatedError{d.WrapErr(err)} }

// setFlag is the parse function of an option without arguments.
func setFlag[T any](field func(*T) *bool) func(*caddyfile.Dispenser, *T) error {
	return func(d *caddyfile.Dispenser, t *T) error {
		if d.NextArg() {
			return errForm
		}
		*field(t) = true
		return nil
	}
}

// setList is the parse function of an option with one or more words.
func setList[T any](field func(*T) *[]string) func(*caddyfile.Dispenser, *T) error {
	return func(d *caddyfile.Dispenser, t *T) error {
		words := d.RemainingArgs()
		if len(words) == 0 || slices.Contains(words, "") {
			return errForm
		}
		*field(t) = words
		return nil
	}
}

// setNumber is the parse function of an option with a whole number.
func setNumber[T any](low, high int, field func(*T) *int) func(*caddyfile.Dispenser, *T) error {
	return func(d *caddyfile.Dispenser, t *T) error {
		var arg string
		if !d.AllArgs(&arg) {
			return errForm
		}
		n, err := strconv.Atoi(arg)
		if err != nil || n < low || n > high {
			return fmt.Errorf("%q is not a whole number from %d to %d", arg, low, high)
		}
		*field(t) = n
		return nil
	}
}

// setDuration is the parse function of an option with a duration in Caddy's notation.
func setDuration[T any](field func(*T) *caddy.Duration) func(*caddyfile.Dispenser, *T) error {
	return func(d *caddyfile.Dispenser, t *T) error {
		var arg string
		if !d.AllArgs(&arg) {
			return errForm
		}
		return parseDuration(arg, field(t))
	}
}

func parseDuration(s string, target *caddy.Duration) error {
	length, err := caddy.ParseDuration(s)
	if err != nil || length < time.Millisecond {
		return fmt.Errorf("%q is not a duration such as 15s", s)
	}
	*target = caddy.Duration(length)
	return nil
}

// parseTransport reads a module that Caddy's reverse_proxy uses as a transport.
func parseTransport(d *caddyfile.Dispenser) ([]byte, error) {
	if !d.NextArg() {
		return nil, errForm
	}
	protocol := d.Val()
	module, err := caddyfile.UnmarshalModule(d, "http.reverse_proxy.transport."+protocol)
	if err != nil {
		return nil, &locatedError{err}
	}
	return caddyconfig.JSONModuleObject(module, "protocol", protocol, nil), nil
}
