package providers

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
)

// ErrForm says that an option has the wrong number of arguments.
var ErrForm = errors.New("wrong number of arguments")

// oneOf returns a setter that takes one of the given words.
func oneOf(target *string, words ...string) func([]string) error {
	return func(args []string) error {
		if len(args) != 1 {
			return ErrForm
		}
		if !slices.Contains(words, args[0]) {
			return fmt.Errorf("%q is none of %s", args[0], strings.Join(words, ", "))
		}
		*target = args[0]
		return nil
	}
}

// word returns a setter that takes one word, whatever it is.
func word(target *string) func([]string) error {
	return func(args []string) error {
		if len(args) != 1 || args[0] == "" {
			return ErrForm
		}
		*target = args[0]
		return nil
	}
}

// onOff returns a setter that takes on or off.
func onOff(target *bool) func([]string) error {
	return func(args []string) error {
		var value string
		if err := oneOf(&value, "on", "off")(args); err != nil {
			return err
		}
		*target = value == "on"
		return nil
	}
}

// resolve replaces the placeholders of a setting. One that is empty or does not exist is an error.
func resolve(option, raw string) (string, error) {
	value, err := caddy.NewReplacer().ReplaceOrErr(raw, true, true)
	if err != nil {
		return "", fmt.Errorf("%s: the placeholder in %s is empty or does not exist", option, raw)
	}
	return value, nil
}

// check says whether a setting that may also have come from JSON is empty or one of the words.
func check(option, value string, words ...string) error {
	if value == "" || slices.Contains(words, value) {
		return nil
	}
	return fmt.Errorf("%s: %q is none of %s", option, value, strings.Join(words, ", "))
}
