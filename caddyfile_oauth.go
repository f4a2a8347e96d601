package aigateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
)

// oauthOptions are the options of the block `oauth` of an account.
func oauthOptions() options[OAuth] {
	word := func(form string, field func(*OAuth) *string) option[OAuth] {
		return option[OAuth]{form: form, parse: setWord(field)}
	}
	return options[OAuth]{
		"preset":        {form: "preset google", parse: parsePreset},
		"client_id":     word("client_id <id>", func(o *OAuth) *string { return &o.ClientID }),
		"client_secret": word("client_secret <secret>", func(o *OAuth) *string { return &o.ClientSecret }),
		"token_url":     {form: "token_url <url>", parse: parseURL(func(o *OAuth) *string { return &o.TokenURL })},
		"auth_url":      {form: "auth_url <url>", parse: parseURL(func(o *OAuth) *string { return &o.AuthURL })},
		"device_url":    {form: "device_url <url>", parse: parseURL(func(o *OAuth) *string { return &o.DeviceURL })},
		"scopes":        {form: "scopes <scope...>", parse: setList(func(o *OAuth) *[]string { return &o.Scopes })},
		"refresh_token": word("refresh_token <token>", func(o *OAuth) *string { return &o.RefreshToken }),
	}
}

func parseOAuth(d *caddyfile.Dispenser, a *Account) error {
	if d.NextArg() {
		return errForm
	}
	a.OAuth = new(OAuth)
	start := *d
	if err := oauthOptions().parseBlock(d, a.OAuth, "oauth"); err != nil {
		return err
	}
	if err := a.OAuth.check(); err != nil {
		return locate(&start, err)
	}
	return nil
}

func parsePreset(d *caddyfile.Dispenser, o *OAuth) error {
	if !d.AllArgs(&o.Preset) {
		return errForm
	}
	if !slices.Contains(credentials.Presets(), o.Preset) {
		return fmt.Errorf("%q is none of %s", o.Preset, strings.Join(credentials.Presets(), ", "))
	}
	return nil
}

// setWord is the parse function of an option with one word that is not empty.
func setWord[T any](field func(*T) *string) func(*caddyfile.Dispenser, *T) error {
	return func(d *caddyfile.Dispenser, t *T) error {
		if !d.AllArgs(field(t)) {
			return errForm
		}
		if *field(t) == "" {
			return errors.New("it is empty")
		}
		return nil
	}
}

func parseURL[T any](field func(*T) *string) func(*caddyfile.Dispenser, *T) error {
	return func(d *caddyfile.Dispenser, t *T) error {
		if !d.AllArgs(field(t)) {
			return errForm
		}
		return checkBaseURL(*field(t))
	}
}
