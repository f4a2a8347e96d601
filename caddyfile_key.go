package aigateway

import (
	"fmt"
	"slices"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

// keyOptions are the options of the block `key`.
func keyOptions() options[Key] {
	return options[Key]{
		"models":   {form: "models <pattern...>", parse: setList(func(k *Key) *[]string { return &k.Models })},
		"accounts": {form: "accounts <pattern...>", parse: setList(func(k *Key) *[]string { return &k.Accounts })},
		"expires":  {form: "expires <date>", parse: parseExpires},

		"concurrency": {form: "concurrency <n>", parse: setNumber(0, 1_000_000, func(k *Key) *int { return &k.Concurrency })},
		"queue":       {form: "queue <n>", parse: parseQueue},
		"rate":        {form: "rate <n>/<duration>", parse: setRate(func(k *Key) *string { return &k.Rate })},
		"tokens":      {form: "tokens <n>/<duration>", parse: setRate(func(k *Key) *string { return &k.Tokens })},
		"budget":      {form: "budget <usd>/<day|month>", parse: parseBudget},
		"intercept":   {form: interceptForm, parse: setIntercept(func(k *Key) *[]string { return &k.Intercept })},
	}
}

func parseKey(d *caddyfile.Dispenser, h *Handler) error {
	key := new(Key)
	err := parseSecret(d, &key.Name, &key.Secret, func(name string) bool {
		return slices.ContainsFunc(h.Keys, func(other *Key) bool { return other.Name == name })
	})
	if err != nil {
		return err
	}
	for _, other := range h.Keys {
		if other.Secret == key.Secret {
			return fmt.Errorf("%q has the same secret as key %q; give each its own", key.Name, other.Name)
		}
	}
	h.Keys = append(h.Keys, key)
	return keyOptions().parseBlock(d, key, "key")
}

// parseSecret reads the name and the secret of somebody who may come in.
func parseSecret(d *caddyfile.Dispenser, name, secret *string, taken func(name string) bool) error {
	if !d.AllArgs(name, secret) {
		return errForm
	}
	if err := checkName(*name); err != nil {
		return err
	}
	if *secret == "" {
		return fmt.Errorf("the secret of %q is empty", *name)
	}
	if taken(*name) {
		return fmt.Errorf("%q is defined twice", *name)
	}
	return checkWritten(*secret)
}

func parseExpires(d *caddyfile.Dispenser, k *Key) error {
	if !d.AllArgs(&k.Expires) {
		return errForm
	}
	_, err := k.expiry()
	return err
}
