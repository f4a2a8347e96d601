package credentials

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFolderTakesNoFile keeps a token that cannot be stored: the folder's path is so long that the file in it can be read,
// but none with a longer name can be made. Read-only folders would be writable for root.
func TestFolderTakesNoFile(t *testing.T) {
	const longest = 4095 // of a path
	dir := t.TempDir()
	for len(dir) < longest-len("/x.json") {
		dir += "/" + strings.Repeat("d", min(200, longest-len("/x.json")-len(dir)-1))
	}
	path := filepath.Join(dir, "x.json")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(credentialFile), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProcess(t, &server{}, InFile(path, newMemory()), nil)
	if got := token(t, p); got != "a-1" || !p.Status().Unsaved {
		t.Errorf("token %s, status %+v", got, p.Status())
	}
}
