package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/caddy-ai-gateway/ai-gateway/usage"
)

func init() {
	caddy.RegisterModule(Driver{})
}

// Driver keeps usage in a SQLite file.
type Driver struct {
	// Path is the file. It may hold placeholders, which are resolved when the configuration is loaded. Default:
	// `ai_gateway/usage.db` in Caddy's data directory.
	Path string `json:"path,omitempty"`

	// Keep is how long records are kept; negative is for ever. Default: 90d.
	Keep caddy.Duration `json:"retention,omitempty"`

	file string
}

// DefaultKeep is how long records are kept unless the configuration says otherwise.
const DefaultKeep = 90 * 24 * time.Hour

// DefaultPath returns where usage is kept unless the configuration says otherwise.
func DefaultPath() string {
	return filepath.Join(caddy.AppDataDir(), "ai_gateway", "usage.db")
}

// CaddyModule returns the Caddy module information.
func (Driver) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "ai_gateway.usage.sqlite", New: func() caddy.Module { return new(Driver) }}
}

// Provision finds the file. It has no effect outside.
func (d *Driver) Provision(caddy.Context) error {
	path, err := caddy.NewReplacer().ReplaceOrErr(d.Path, true, true)
	if err != nil {
		return fmt.Errorf("the path of the usage database: %w", err)
	}
	if path == "" && d.Path != "" {
		return fmt.Errorf("the path of the usage database %s is empty", d.Path)
	}
	if path == "" {
		path = DefaultPath()
	}
	if d.file, err = filepath.Abs(path); err != nil {
		return fmt.Errorf("the path of the usage database: %w", err)
	}
	return nil
}

// Validate says whether the file can be opened or made, without making it.
func (d *Driver) Validate() error {
	info, err := os.Stat(d.file)
	switch {
	case err == nil && info.Mode().IsRegular():
		file, err := os.OpenFile(d.file, os.O_RDWR, 0)
		if err != nil {
			return fmt.Errorf("the usage database cannot be written to: %w", err)
		}
		return file.Close()
	case err == nil:
		return fmt.Errorf("the usage database %s is no file", d.file)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the usage database cannot be opened: %w", err)
	}
	return checkParent(filepath.Dir(d.file))
}

// checkParent looks at the nearest directory above the file that is there.
func checkParent(dir string) error {
	for {
		info, err := os.Stat(dir)
		switch {
		case err == nil && info.IsDir():
			return nil
		case err == nil:
			return fmt.Errorf("the usage database cannot be made: %s is no directory", dir)
		case !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir:
			return fmt.Errorf("the usage database cannot be made: %w", err)
		}
		dir = filepath.Dir(dir)
	}
}

// UnmarshalCaddyfile sets up the store from Caddyfile tokens. Syntax:
//
//	sqlite [<path>] {
//		retention <duration> | forever
//	}
func (d *Driver) UnmarshalCaddyfile(in *caddyfile.Dispenser) error {
	in.Next() // the module's name
	if args := in.RemainingArgs(); len(args) > 1 || len(args) == 1 && args[0] == "" {
		return in.Err("usage: wrong arguments; expected: usage sqlite [<path>]")
	} else if len(args) == 1 {
		d.Path = args[0]
	}
	for in.NextBlock(0) {
		if in.Val() != "retention" {
			return in.Errf("usage: unknown option %q of sqlite; possible is retention", in.Val())
		}
		if d.Keep != 0 {
			return in.Err("usage: retention is given twice")
		}
		var length string
		if !in.AllArgs(&length) {
			return in.Err("usage: retention: wrong arguments; expected: retention <duration> | forever")
		}
		if length == "forever" {
			d.Keep = -1
			continue
		}
		keep, err := caddy.ParseDuration(length)
		if err != nil || keep < time.Hour {
			return in.Errf("usage: retention: %q is not a duration from 1h, such as 90d", length)
		}
		d.Keep = caddy.Duration(keep)
	}
	return nil
}

// Identity is the file.
func (d *Driver) Identity() string { return "sqlite:" + d.file }

// Open opens the file.
func (d *Driver) Open(ctx context.Context) (usage.Store, error) {
	s, err := Open(ctx, d.file)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Retention is how long records are kept; 0 is for ever.
func (d *Driver) Retention() time.Duration {
	switch {
	case d.Keep < 0:
		return 0
	case d.Keep == 0:
		return DefaultKeep
	default:
		return time.Duration(d.Keep)
	}
}

// Interface guards
var (
	_ usage.Driver          = (*Driver)(nil)
	_ caddy.Provisioner     = (*Driver)(nil)
	_ caddy.Validator       = (*Driver)(nil)
	_ caddyfile.Unmarshaler = (*Driver)(nil)
)
