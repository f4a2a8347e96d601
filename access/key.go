package access

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/caddy-ai-gateway/ai-gateway/glob"
)

// anonymousName is the name under which callers without a key appear in logs, metrics and usage.
const anonymousName = "anonymous"

// digestPrefix announces that a secret is given as its SHA-256 digest in hexadecimal.
const digestPrefix = "sha256:"

var validName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// Key is one client key. Its fields are what the configuration says; a key that [Keys.Find] returns answers for itself
// through its methods and no longer holds the secret.
type Key struct {
	// Name identifies the key to people: ^[a-z0-9][a-z0-9_-]{0,62}$.
	Name string

	// Secret is what callers present, or "sha256:" and its digest in hexadecimal. It is empty after New.
	Secret string `json:"-"`

	// Models are patterns for the model names that the caller may ask for. Default: all.
	Models []string

	// Accounts are patterns for the names of the accounts that may answer. Default: all.
	Accounts []string

	// Expires is the instant from which the key is refused, see ParseExpiry. The zero time means never.
	Expires time.Time

	// Limits are what the key may use. Default: everything.
	Limits Limits

	state     *State
	exceeded  func(Exceeded) // see Keys.OnExceeded; may be nil
	digest    [sha256.Size]byte
	models    glob.List
	accounts  glob.List
	anonymous bool
}

// prepare checks the key, compiles its patterns and replaces its secret by the digest.
func (k *Key) prepare() error {
	if !validName.MatchString(k.Name) {
		return fmt.Errorf("key %q: the name must be 1 to 63 of a-z, 0-9, _ and -, and begin with a letter or digit", k.Name)
	}
	var err error
	if k.digest, err = digest(k.Secret); err != nil {
		return fmt.Errorf("key %s: %w", k.Name, err)
	}
	k.Secret = ""
	if k.models, err = glob.CompileList(k.Models); err != nil {
		return fmt.Errorf("key %s: models: %w", k.Name, err)
	}
	if k.accounts, err = glob.CompileList(k.Accounts); err != nil {
		return fmt.Errorf("key %s: accounts: %w", k.Name, err)
	}
	if err := k.Limits.check(); err != nil {
		return fmt.Errorf("key %s: %w", k.Name, err)
	}
	return nil
}

// digest returns the SHA-256 digest of a configured secret, which may be given as the digest itself.
func digest(secret string) (sum [sha256.Size]byte, err error) {
	if secret == "" {
		return sum, errors.New("the secret is empty; write one, or set the variable or file that it is read from")
	}
	text, given := strings.CutPrefix(secret, digestPrefix)
	if !given {
		if strings.TrimSpace(secret) != secret || strings.ContainsFunc(secret, unicode.IsControl) {
			return sum, errors.New("the secret begins or ends with white space or holds a control character, " +
				"which no header can carry; remove it")
		}
		return sha256.Sum256([]byte(secret)), nil
	}
	bytes, err := hex.DecodeString(text)
	if err != nil || len(bytes) != len(sum) {
		return sum, fmt.Errorf("the digest after %q must be %d hexadecimal digits, as sha256sum prints them", digestPrefix, 2*len(sum))
	}
	copy(sum[:], bytes)
	if sum == sha256.Sum256(nil) {
		return sum, errors.New("the digest is that of an empty secret; make one of a secret that is not empty, without a newline")
	}
	return sum, nil
}

// MayUse reports whether the key's holder may ask for model, the name as the client wrote it.
func (k *Key) MayUse(model string) bool {
	return len(k.Models) == 0 || k.models.Match(model)
}

// MayUseAccount reports whether the account called name may answer the key's holder.
func (k *Key) MayUseAccount(name string) bool {
	return len(k.Accounts) == 0 || k.accounts.Match(name)
}

// Expired reports whether the key is past its last day.
func (k *Key) Expired(now time.Time) bool {
	return !k.Expires.IsZero() && !now.Before(k.Expires)
}

// Anonymous reports whether the key stands for callers without one.
func (k *Key) Anonymous() bool {
	return k.anonymous
}

// String returns the name, so that a key in a log line or an error shows neither secret nor digest.
func (k Key) String() string {
	return k.Name
}

// ParseExpiry turns the last day of a key, such as 2026-12-31, into the instant at which that day ends in UTC.
func ParseExpiry(date string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a date; write the last day as 2026-12-31", date)
	}
	return day.AddDate(0, 0, 1), nil
}
