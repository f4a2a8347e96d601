//go:build linux

package aigateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/caddyserver/certmagic"

	"github.com/caddy-ai-gateway/ai-gateway/credentials"
)

// terminal is a pseudo-terminal with a command in it, and who sits before it.
type terminal struct {
	*shown
	keyboard *os.File
	cmd      *exec.Cmd
	read     chan struct{} // closed when everything that the command has written is in shown
}

// newTerminal starts a command as people do: it has a terminal of its own, which echoes what they type and turns Ctrl+C
// into a signal.
func newTerminal(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	us, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	must(t, err)
	var unlock, number int32
	raw, err := us.SyscallConn() // Fd would make reading from it block for ever
	must(t, err)
	must(t, raw.Control(func(fd uintptr) {
		for request, argument := range map[uintptr]*int32{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
			if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(unsafe.Pointer(argument))); errno != 0 {
				t.Error(errno)
			}
		}
	}))
	them, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	must(t, err)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = them, them, them
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	must(t, cmd.Start())
	must(t, them.Close())
	term := &terminal{new(shown), us, cmd, make(chan struct{})}
	go func() {
		defer close(term.read)
		_, _ = io.Copy(term.shown, us) // ends when the command does
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = us.Close()
	})
	return term
}

func (t *terminal) typing(text string) { _, _ = io.WriteString(t.keyboard, text) }

// end returns the command's exit code.
func (t *terminal) end() int {
	timer := time.AfterFunc(30*time.Second, func() { _ = t.cmd.Process.Signal(syscall.SIGQUIT) })
	defer timer.Stop()
	err := t.cmd.Wait()
	<-t.read
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// loginFolder is a folder with a Caddyfile with the accounts one and two, and where their tokens are stored.
func loginFolder(t *testing.T, server *authority) (dir string, stored func(name string) (credentials.Token, error)) {
	t.Helper()
	dir = t.TempDir()
	text := "{\n\tadmin off\n\tstorage file_system " + dir + "/storage\n}\nhttp://127.0.0.1:1 {\n\tai_gateway {\n\t\tallow_anonymous\n\t\t" +
		server.account("one") + server.account("two") + "usage off\n\t}\n}\n"
	must(t, os.WriteFile(filepath.Join(dir, "Caddyfile"), []byte(text), 0o600))
	return dir, func(name string) (credentials.Token, error) {
		return credentials.Get(t.Context(), credentials.InStorage(&certmagic.FileStorage{Path: dir + "/storage"}, name))
	}
}

func TestLoginInTerminal(t *testing.T) {
	server := newAuthority(t, 3600)
	dir, stored := loginFolder(t, server)
	term := newTerminal(t, caddyCommand(dir, "ai-gateway", "login", "one"))
	term.wait(t, "Paste that address here: ", 1)
	term.typing("nonsense\n")
	term.wait(t, "That did not work", 1)
	term.typing(answerURL(term.query(t), "wrong") + "\n")
	term.wait(t, "That did not work", 2)
	term.typing(answerURL(term.query(t), "good") + "\n")
	term.wait(t, "Log in to two now? [y/N] ", 1)
	if got, err := stored("one"); err != nil || !strings.HasPrefix(got.Refresh, "refresh-") {
		t.Errorf("one: stored %v", err)
	}

	term.typing("y\n")
	term.wait(t, "Paste that address here: ", 2)
	resp, err := http.Get(answerURL(term.query(t), "good")) // a browser on this machine
	must(t, err)
	page, err := io.ReadAll(resp.Body)
	must(t, err)
	_ = resp.Body.Close()
	if !bytes.Contains(page, []byte("Logged in")) {
		t.Errorf("the browser shows %s", page)
	}
	if code := term.end(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, term)
	}
	if _, err := stored("two"); err != nil {
		t.Errorf("two: %v", err)
	}
	for _, secret := range []string{"hush", "access-", "refresh-"} {
		if strings.Contains(term.String(), secret) {
			t.Errorf("%q is shown:\n%s", secret, term)
		}
	}

	out, err := caddyCommand(dir, "ai-gateway", "logout", "one").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("logged out of one")) {
		t.Errorf("%v: %s", err, out)
	}
	if _, err := stored("one"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the logout: %v", err)
	}
}

func TestDeviceLoginInTerminal(t *testing.T) {
	server := newAuthority(t, 3600)
	dir, stored := loginFolder(t, server)
	term := newTerminal(t, caddyCommand(dir, "ai-gateway", "login", "one", "--device"))
	term.wait(t, "Log in to two now? [y/N] ", 1)
	term.typing("\n")
	if code := term.end(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, term)
	}
	if got, err := stored("one"); err != nil || !strings.HasPrefix(got.Refresh, "refresh-") {
		t.Errorf("stored %v", err)
	}
	for _, want := range []string{"WDJB-MJHT", server.URL + "/enter", "good until"} {
		if !strings.Contains(term.String(), want) {
			t.Errorf("%q is not shown:\n%s", want, term)
		}
	}
	for _, secret := range []string{"hush", "access-", "refresh-"} {
		if strings.Contains(term.String(), secret) {
			t.Errorf("%q is shown:\n%s", secret, term)
		}
	}
}

// TestLoginIsGivenUp: Ctrl+C ends the wizard, and nothing is stored.
func TestLoginIsGivenUp(t *testing.T) {
	dir, stored := loginFolder(t, newAuthority(t, 3600))
	term := newTerminal(t, caddyCommand(dir, "ai-gateway", "login", "one"))
	term.wait(t, "Paste that address here: ", 1)
	term.typing("\x03")
	if code := term.end(); code != 1 || !strings.Contains(term.String(), "there was no login") {
		t.Errorf("exit code %d:\n%s", code, term)
	}
	if _, err := stored("one"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stored: %v", err)
	}
}

// TestLoginForRunningGateway: a gateway that runs takes a login up by itself, and knows of its end. The test of an account
// works with it and without it.
func TestLoginForRunningGateway(t *testing.T) {
	server := newAuthority(t, 3600)
	dir := t.TempDir()
	p := startCaddy(t, dir, "{\n\tadmin localhost:{admin}\n\tstorage file_system "+dir+"/storage\n}\nhttp://127.0.0.1:{port} {\n\tai_gateway {\n"+
		"\t\tallow_anonymous\n\t\t"+server.account("one")+"usage off\n\t}\n}\n")
	try := func(want int, text string) {
		t.Helper()
		cmd := caddyCommand(dir, "ai-gateway", "accounts", "test", "one", "--config", p.file)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != want || !bytes.Contains(out, []byte(text)) || bytes.Contains(out, []byte("hush")) {
			t.Errorf("the test of the account: exit code %d, want %d and %q:\n%s", code, want, text, out)
		}
	}
	if got := p.chat(); got == http.StatusOK {
		t.Error("it serves without a login")
	}
	try(2, "nobody has logged in to it yet")
	term := newTerminal(t, caddyCommand(dir, "ai-gateway", "login", "one", "--device", "--config", p.file))
	if code := term.end(); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, term)
	}
	p.eventually(t, "the gateway serves with the login", func() bool { return p.chat() == http.StatusOK })
	try(0, "takes the credential")
	p.kill()
	try(0, "login: ready")
}
