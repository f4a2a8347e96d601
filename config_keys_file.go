package aigateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"go.uber.org/zap"
)

// readKeysFile returns the keys of the file, none if there is no file. It is read whenever the configuration is loaded.
func (h *Handler) readKeysFile() ([]*Key, error) {
	if h.KeysFile == "" {
		return nil, nil
	}
	path, err := resolve(h.KeysFile)
	if err != nil {
		return nil, fmt.Errorf("keys_file: reading the path: %w", err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("keys_file: %w", err)
	}
	h.warnOfReaders(path)
	keys, err := parseKeys(content)
	if err != nil {
		return nil, fmt.Errorf("keys_file %s: %w", path, err)
	}
	return keys, nil
}

// warnOfReaders tells when everybody on the machine may read the keys.
func (h *Handler) warnOfReaders(path string) {
	info, err := os.Stat(path)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o004 != 0 {
		h.logger.Warn("everybody on this machine can read the keys; take the permission away", zap.String("keys_file", path))
	}
}

// parseKeys reads a name and a secret a line, where empty lines and lines that begin with # do not count, or a JSON
// array of keys with the members that they have in Caddy's JSON. Its errors show no secret.
func parseKeys(content []byte) ([]*Key, error) {
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if text := bytes.TrimSpace(content); len(text) > 0 && text[0] == '[' {
		return parseKeysJSON(text)
	}
	var keys []*Key
	n := 0
	for line := range strings.Lines(string(content)) {
		n++
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if len(words) != 2 {
			return nil, fmt.Errorf("line %d has %d words; expected: <name> <secret | sha256:hex>", n, len(words))
		}
		keys = append(keys, &Key{Name: words[0], Secret: words[1]})
		if err := keys[len(keys)-1].check(); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return keys, nil
}

func parseKeysJSON(content []byte) ([]*Key, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	var keys []*Key
	if err := decoder.Decode(&keys); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return nil, fmt.Errorf("reading JSON: %q must be a %s", kind.Field, kind.Type) // without the value
		}
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	if decoder.More() {
		return nil, errors.New("reading JSON: there is something behind the array")
	}
	for i, key := range keys {
		if key == nil {
			return nil, fmt.Errorf("key %d is null", i+1)
		}
		if err := key.check(); err != nil {
			return nil, fmt.Errorf("key %d: %w", i+1, err)
		}
	}
	return keys, nil
}
