package credentials

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/caddyserver/certmagic"
)

// Store keeps one account's credential.
type Store interface {
	// Lock waits until nobody else changes the credential, in any process that shares the store.
	Lock(ctx context.Context) (unlock func(), err error)

	// Load returns what is stored; the error of nothing is fs.ErrNotExist.
	Load(ctx context.Context) ([]byte, error)

	// Save replaces what is stored as a whole or not at all.
	Save(ctx context.Context, raw []byte) error

	// Delete forgets what is stored; nothing is no error.
	Delete(ctx context.Context) error

	// Where names the place for people.
	Where() string
}

// InStorage keeps the credential in a storage of Caddy's. The account's name must tell it from others in lower case.
func InStorage(storage certmagic.Storage, account string) Store {
	return &stored{storage, account, "oauth"}
}

// CookiesInStorage keeps the cookies of an account in a storage of Caddy's.
func CookiesInStorage(storage certmagic.Storage, account string) Store {
	return &stored{storage, account, "cookies"}
}

type stored struct {
	storage certmagic.Storage
	account string
	kind    string
}

func (s *stored) key() string {
	return path.Join("ai_gateway", s.kind, certmagic.StorageKeys.Safe(s.account)+".json")
}

func (s *stored) Lock(ctx context.Context) (func(), error) {
	return lock(ctx, s.storage, "ai_gateway_"+s.kind+"_"+certmagic.StorageKeys.Safe(s.account))
}

func (s *stored) Load(ctx context.Context) ([]byte, error) { return s.storage.Load(ctx, s.key()) }

func (s *stored) Save(ctx context.Context, raw []byte) error {
	return s.storage.Store(ctx, s.key(), raw)
}

func (s *stored) Delete(ctx context.Context) error {
	if err := s.storage.Delete(ctx, s.key()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (s *stored) Where() string { return "storage at " + s.key() }

// unlockTime is how long giving a lock back may take. It is given back even when the caller has no time left.
const unlockTime = 10 * time.Second

func lock(ctx context.Context, locker certmagic.Locker, name string) (func(), error) {
	stop := freeAbandoned(locker, name)
	err := locker.Lock(ctx, name)
	stop()
	if err != nil {
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTime)
		defer cancel()
		_ = locker.Unlock(ctx, name) // a lock that stays becomes stale
	}, nil
}

// InFile keeps the credential in a file of its own, whose other members belong to whoever wrote them. The locks are
// those of Caddy's storage.
func InFile(name string, locker certmagic.Locker) Store { return &file{name, locker} }

type file struct {
	name   string
	locker certmagic.Locker
}

// real is the file behind symbolic links, which are not to be replaced.
func (f *file) real() string {
	if name, err := filepath.EvalSymlinks(f.name); err == nil {
		return name
	}
	return f.name
}

func (f *file) Lock(ctx context.Context) (func(), error) {
	name, err := filepath.Abs(f.real())
	if err != nil {
		return nil, err
	}
	return lock(ctx, f.locker, "ai_gateway_file_"+Fingerprint(name))
}

// maxFile bounds what is read of a file that is not what it should be.
const maxFile = 1 << 20

func (f *file) Load(context.Context) ([]byte, error) {
	info, err := os.Stat(f.name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s is no file of at most %d bytes", f.name, maxFile)
	}
	return os.ReadFile(f.name)
}

// Save writes a new file beside the old one and puts it in its place when it is safely on the disk.
func (f *file) Save(_ context.Context, raw []byte) error {
	name := f.real()
	next, err := os.CreateTemp(filepath.Dir(name), ".credential-*")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name()) // which is gone if all went well
	_, err = next.Write(raw)
	if err == nil {
		err = next.Sync()
	}
	if closing := next.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	if err := os.Rename(next.Name(), name); err != nil {
		return fmt.Errorf("%w; if the file is mounted by itself, mount its folder instead", err)
	}
	if dir, err := os.Open(filepath.Dir(name)); err == nil {
		_ = dir.Sync() // not every file system can
		_ = dir.Close()
	}
	return nil
}

func (f *file) Delete(context.Context) error {
	if err := os.Remove(f.real()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (f *file) Where() string { return "file " + f.name }

// Put stores a credential that somebody has just logged in with, and keeps what else stands in its place.
func Put(ctx context.Context, store Store, t Token) error {
	unlock, err := store.Lock(ctx)
	if err != nil {
		return fmt.Errorf("locking the %s: %w", store.Where(), err)
	}
	defer unlock()
	return write(ctx, store, t)
}

// Describe adds an account's project and tier to what is stored of it.
func Describe(ctx context.Context, store Store, project, tier string) error {
	unlock, err := store.Lock(ctx)
	if err != nil {
		return fmt.Errorf("locking the %s: %w", store.Where(), err)
	}
	defer unlock()
	t, err := Get(ctx, store)
	if err != nil {
		return err
	}
	t.Project, t.Tier = project, tier
	return write(ctx, store, t)
}

// Get returns the stored credential; the error of nothing is fs.ErrNotExist.
func Get(ctx context.Context, store Store) (Token, error) {
	raw, err := store.Load(ctx)
	if err != nil {
		return Token{}, fmt.Errorf("reading the %s: %w", store.Where(), err)
	}
	t, err := readToken(raw)
	if err != nil {
		return t, fmt.Errorf("reading the %s: %w", store.Where(), err)
	}
	return t, nil
}

// Remove forgets the stored credential.
func Remove(ctx context.Context, store Store) error {
	unlock, err := store.Lock(ctx)
	if err != nil {
		return fmt.Errorf("locking the %s: %w", store.Where(), err)
	}
	defer unlock()
	if err := store.Delete(ctx); err != nil {
		return fmt.Errorf("deleting the %s: %w", store.Where(), err)
	}
	return nil
}

// write reads, merges and writes, while the caller holds the lock. What cannot be read is not overwritten: it may be
// the operator's, on its way to the disk.
func write(ctx context.Context, store Store, t Token) error {
	var d document
	raw, err := store.Load(ctx)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("reading the %s: %w", store.Where(), err)
	default:
		if d, err = parseDocument(raw); err != nil {
			return fmt.Errorf("reading the %s: %w; repair or remove it", store.Where(), err)
		}
	}
	t.writeInto(&d)
	if err := store.Save(ctx, d.bytes()); err != nil {
		return fmt.Errorf("writing the %s: %w", store.Where(), err)
	}
	return nil
}
