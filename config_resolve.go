package aigateway

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/caddy-ai-gateway/ai-gateway/access"
)

// resolvedKey is a key whose placeholders have been replaced. Of the secret only the digest is kept.
type resolvedKey struct {
	*Key
	digest [sha256.Size]byte

	// expires is the moment from which on the key is no longer good; zero means never.
	expires time.Time

	limits access.Limits
}

// errEmpty says that a value is empty once its placeholders have been replaced.
var errEmpty = errors.New("it is empty")

// resolve replaces the placeholders of a value. Its errors never hold any of it, since it may be a secret.
func resolve(raw string) (string, error) {
	value, err := replace(raw)
	if err != nil {
		return "", err
	}
	value = strings.TrimSpace(value)
	if value == "" {
		return "", errEmpty
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", errors.New("it holds a line break or another control character")
	}
	return value, nil
}

// replace is resolve without a look at what comes out.
func replace(raw string) (string, error) {
	if !strings.ContainsAny(raw, "{}") {
		return raw, nil
	}
	repl := caddy.NewReplacer()
	value, err := repl.ReplaceOrErr(raw, true, true)
	if err == nil {
		return value, nil
	}
	if _, err := repl.ReplaceOrErr(raw, false, true); err != nil {
		return "", errors.New("it holds a placeholder that does not exist; write {env.NAME} or {file.PATH}, and a brace " +
			`that is meant literally as \{`)
	}
	return "", errEmpty
}

var placeholder = regexp.MustCompile(`\{(env|file)\.[^{}]+\}`)

// whatToSet says how an empty value is filled. Only placeholders of it are shown.
func whatToSet(raw, otherwise string) string {
	if found := placeholder.FindAllString(raw, -1); found != nil {
		return "set " + strings.Join(found, " and ")
	}
	return otherwise
}

// resolveKeys reads the secrets of all keys.
func (h *Handler) resolveKeys() error {
	more, err := h.readKeysFile()
	if err != nil {
		return err
	}
	keys := slices.Concat(h.Keys, more)
	if len(keys) == 0 && !h.AllowAnonymous {
		return fmt.Errorf("nobody may call this gateway: the keys_file %s has no key", h.KeysFile)
	}
	for _, key := range more {
		if err := h.app.define("key", key.Name, h.Name, key); err != nil {
			return err
		}
	}
	owners := make(map[[sha256.Size]byte]string, len(keys))
	for _, key := range keys {
		secret, err := resolve(key.Secret)
		if errors.Is(err, errEmpty) {
			return fmt.Errorf("key %q: the secret is empty; %s", key.Name, whatToSet(key.Secret, "write one"))
		}
		if err != nil {
			return fmt.Errorf("key %q: reading the secret: %w", key.Name, err)
		}
		digest, err := digestOf(secret)
		if err != nil {
			return fmt.Errorf("key %q: %w", key.Name, err)
		}
		if owner, taken := owners[digest]; taken {
			return fmt.Errorf("key %q has the same secret as key %q; give each its own", key.Name, owner)
		}
		owners[digest] = key.Name
		expires, err := key.expiry()
		if err != nil {
			return fmt.Errorf("key %q: %w", key.Name, err)
		}
		limits, err := key.limits()
		if err != nil {
			return fmt.Errorf("key %q: %w", key.Name, err)
		}
		h.keys = append(h.keys, resolvedKey{key, digest, expires, limits})
	}
	return nil
}

// digestOf returns the SHA-256 of a secret, which may already be given as `sha256:` and hex digits.
func digestOf(secret string) (digest [sha256.Size]byte, err error) {
	digits, hashed := strings.CutPrefix(secret, "sha256:")
	if !hashed {
		return sha256.Sum256([]byte(secret)), nil
	}
	raw, err := hex.DecodeString(digits)
	if err != nil || copy(digest[:], raw) != sha256.Size || len(raw) != sha256.Size {
		return digest, errors.New("behind sha256: there must be 64 hex digits")
	}
	return digest, nil
}
