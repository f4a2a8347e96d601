package aigateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/providers"
	"github.com/caddy-ai-gateway/ai-gateway/translate/ir"
)

// namePattern is what names of gateways, keys and accounts look like. Lower case alone, because stores that keep an
// account's tokens may not tell upper from lower case.
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// Validate says what is wrong with the configuration in itself. Provision calls it before it builds anything;
// Caddy calls it once more afterwards, which is harmless.
func (h *Handler) Validate() error {
	if slices.Contains(h.Keys, nil) || slices.Contains(h.Accounts, nil) || slices.Contains(h.Models, nil) {
		return errors.New("a key, an account or a model is null")
	}
	if err := checkName(h.Name); err != nil {
		return fmt.Errorf("name: %w", err)
	}
	if !slices.Contains([]string{"", notesWarn, notesAll, notesOff}, h.Notes) {
		return fmt.Errorf("notes: %q is none of warn, all, off", h.Notes)
	}
	if len(h.Keys) == 0 && h.KeysFile == "" && !h.AllowAnonymous {
		return errors.New("nobody may call this gateway: add a key, or allow_anonymous if everybody may")
	}
	if err := h.checkLimits(); err != nil {
		return err
	}
	if err := each("key", h.Keys, (*Key).check); err != nil {
		return err
	}
	if err := each("account", h.Accounts, (*Account).check); err != nil {
		return err
	}
	return each("model", h.Models, (*Model).check)
}

func (h *Handler) checkLimits() error {
	if h.MaxBody < 0 || h.Stream.Hold.Size < 0 {
		return errors.New("max_body and the size of stream hold cannot be negative")
	}
	if err := checkMaxBody(h.MaxBody); err != nil {
		return fmt.Errorf("max_body: %w", err)
	}
	if h.Failover.Attempts < 0 || h.Stream.Hold.Events < 0 {
		return errors.New("failover attempts and the events of stream hold cannot be negative")
	}
	for _, d := range []caddy.Duration{h.Stream.Ping, h.Stream.FirstByte, h.Stream.Idle, h.Stream.Hold.Duration} {
		if d < 0 {
			return errors.New("the durations of stream cannot be negative")
		}
	}
	return h.checkPool()
}

// minBody is the smallest MaxBody: with less, hardly any request could be asked.
const minBody = 1 << 10

// checkMaxBody refuses a size that somebody has forgotten the unit of. Zero is the default.
func checkMaxBody(size int64) error {
	if size > 0 && size < minBody {
		return fmt.Errorf("%d bytes would refuse nearly every request; write a unit, as in 32MiB, and 1KiB at least", size)
	}
	return nil
}

// named is what each checks: something with a name of its own in the configuration.
type named interface{ name() string }

func (k *Key) name() string     { return k.Name }
func (a *Account) name() string { return a.Name }
func (m *Model) name() string   { return m.Pattern }

// each checks all members of a list, and that no two have the same name.
func each[T named](kind string, list []T, check func(T) error) error {
	seen := make(map[string]bool, len(list))
	for _, item := range list {
		if err := check(item); err != nil {
			return fmt.Errorf("%s %q: %w", kind, item.name(), err)
		}
		if seen[item.name()] {
			return fmt.Errorf("%s %q is defined twice", kind, item.name())
		}
		seen[item.name()] = true
	}
	return nil
}

func (k *Key) check() error {
	if err := checkName(k.Name); err != nil {
		return err
	}
	if k.Secret == "" {
		return errors.New("the secret is empty")
	}
	if err := checkPatterns(k.Models, k.Accounts); err != nil {
		return err
	}
	if _, err := k.expiry(); err != nil {
		return fmt.Errorf("expires: %w", err)
	}
	if err := checkIntercept(k.Intercept); err != nil {
		return fmt.Errorf("intercept: %w", err)
	}
	_, err := k.limits()
	return err
}

// checkPatterns refuses empty patterns and names.
func checkPatterns(lists ...[]string) error {
	for _, list := range lists {
		if slices.Contains(list, "") {
			return errors.New("a pattern is empty; write a name, or * for all")
		}
	}
	return nil
}

// expiry returns the moment from which on the key is no longer good; zero if it always is.
func (k *Key) expiry() (time.Time, error) {
	if k.Expires == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, k.Expires)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a date such as 2027-01-31", k.Expires)
	}
	return day.AddDate(0, 0, 1), nil
}

func (a *Account) check() error {
	if err := checkName(a.Name); err != nil {
		return err
	}
	for _, model := range a.Models {
		if _, err := parseServed(model); err != nil {
			return fmt.Errorf("models: %w", err)
		}
	}
	if err := within("priority", a.Priority, -1000, 1000); err != nil {
		return err
	}
	if err := within("weight", a.Weight, 0, 1000); err != nil {
		return err
	}
	if err := within("concurrency", a.Concurrency, 0, 1_000_000); err != nil {
		return err
	}
	for name := range a.Header {
		if err := checkHeader(name); err != nil {
			return fmt.Errorf("header: %w", err)
		}
	}
	if err := a.applyCaps(new(ir.Caps)); err != nil {
		return fmt.Errorf("caps: %w", err)
	}
	return nil
}

// checkProvider says which of the settings that the account's provider cannot do without is missing, and which it has no
// use for. A missing credential is no error: it disables the account.
func (a *Account) checkProvider(provider providers.Provider) error {
	needs := provider.Defaults().Needs
	_, inProcess := provider.(providers.InProcess)
	switch {
	case needs.BaseURL && a.BaseURL == "":
		return fmt.Errorf("%s needs a base_url", provider.Platform())
	case needs.Models && len(a.Models) == 0:
		return fmt.Errorf("%s needs models", provider.Platform())
	case inProcess && a.BaseURL != "":
		return fmt.Errorf("%s answers inside this process; remove base_url", provider.Platform())
	case inProcess && len(a.TransportRaw) > 0:
		return fmt.Errorf("%s answers inside this process; remove transport", provider.Platform())
	case inProcess && a.Proxy != "":
		return fmt.Errorf("%s answers inside this process; remove proxy", provider.Platform())
	}
	if err := checkAddedPath(provider.Platform(), a.BaseURL); err != nil {
		return err
	}
	return a.checkCredential(provider)
}

func (m *Model) check() error {
	if m.Pattern == "" {
		return errors.New("the pattern is empty")
	}
	if err := checkPatterns(m.Accounts, m.Fallback); err != nil {
		return err
	}
	if err := checkIntercept(m.Intercept); err != nil {
		return fmt.Errorf("intercept: %w", err)
	}
	if _, err := m.Price.usage(); err != nil {
		return err
	}
	if isGlob(m.As) {
		return fmt.Errorf("as: %q must be one model's name", m.As)
	}
	for _, edits := range [][]Edit{m.Default, m.Override} {
		for _, edit := range edits {
			if err := edit.check(); err != nil {
				return err
			}
			if !json.Valid(edit.Value) {
				return fmt.Errorf("the value for %q is not valid JSON", edit.Path)
			}
		}
	}
	for _, edit := range m.Remove {
		if err := edit.check(); err != nil {
			return err
		}
		if edit.Value != nil {
			return fmt.Errorf("remove takes no value for %q", edit.Path)
		}
	}
	return nil
}

func (e Edit) check() error {
	if e.Dialect != "" && !slices.Contains(ir.Dialects[:], e.Dialect) {
		return fmt.Errorf("%q is not a dialect; possible are %s", e.Dialect, join(ir.Dialects[:]))
	}
	if !isPlainPath(e.Path) {
		return fmt.Errorf("%q is not the path of one value: names and numbers with dots between them, no wildcards, "+
			"queries or modifiers", e.Path)
	}
	return nil
}

// isPlainPath says whether a gjson path leads to one place, so that a value can be set there.
func isPlainPath(path string) bool {
	if path == "" || strings.HasPrefix(path, "@") {
		return false
	}
	empty, escaped := true, false
	for _, r := range path {
		switch {
		case escaped:
			escaped, empty = false, false
		case r == '\\':
			escaped = true
		case strings.ContainsRune("*?#|{}[]", r):
			return false
		case r == '.':
			if empty {
				return false
			}
			empty = true
		default:
			empty = false
		}
	}
	return !empty && !escaped
}

func checkName(name string) error {
	if namePattern.MatchString(name) {
		return nil
	}
	return fmt.Errorf("%q is not a name: lower-case letters, digits, - and _, the first of them a letter or digit, "+
		"63 at most", name)
}

func checkHeader(name string) error {
	if !providers.SettableHeader(name) {
		return fmt.Errorf("%s belongs to the connection and cannot be set", name)
	}
	if !isToken(name) {
		return fmt.Errorf("%q is not a header's name", name)
	}
	return nil
}

// isToken says whether the name consists of the characters of RFC 9110 §5.6.2.
func isToken(name string) bool {
	return name != "" && strings.IndexFunc(name, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}) < 0
}

func within(option string, n, low, high int) error {
	if n < low || n > high {
		return fmt.Errorf("%s must be from %d to %d", option, low, high)
	}
	return nil
}

// join lists words for an error.
func join[T ~string](words []T) string {
	var b strings.Builder
	for i, word := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(word))
	}
	return b.String()
}
