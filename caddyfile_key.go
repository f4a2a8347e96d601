package aigateway

import (
	"fmt"

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
	if !d.AllArgs(&key.Name, &key.Secret) {
		return errForm
	}
	if err := checkName(key.Name); err != nil {
		return err
	}
	if key.Secret == "" {
		return fmt.Errorf("the secret of %q is empty", key.Name)
	}
	for _, other := range h.Keys {
		if other.Name == key.Name {
			return fmt.Errorf("%q is defined twice", key.Name)
		}
	}
	h.Keys = append(h.Keys, key)
	return keyOptions().parseBlock(d, key, "key")
}

func parseExpires(d *caddyfile.Dispenser, k *Key) error {
	if !d.AllArgs(&k.Expires) {
		return errForm
	}
	_, err := k.expiry()
	return err
}
