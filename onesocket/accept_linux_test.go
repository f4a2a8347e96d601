package onesocket

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAcceptPassesOnErrors wants a process that is out of files to accept again once it has some: a server ends for good
// with an error that is not temporary.
func TestAcceptPassesOnErrors(t *testing.T) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = first.Close() })
	all := &socket{TCPListener: first.(*net.TCPListener)}
	l := newOneListener(all.TCPListener, first, all, "")
	all.join(l)
	client, err := net.Dial("tcp", first.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	release := useUpFiles(t)
	conn, err := l.Accept()
	release()
	var temporary interface{ Temporary() bool }
	if !errors.Is(err, syscall.EMFILE) || !errors.As(err, &temporary) || !temporary.Temporary() {
		t.Fatalf("accepting without a free file: %v, %v; want the system's temporary error", conn, err)
	}
	if conn, err = l.Accept(); err != nil {
		t.Fatalf("accepting with free files: %v", err)
	}
	_ = conn.Close()
}

// useUpFiles opens files until the process may have no more, and returns what ends that.
func useUpFiles(t *testing.T) (release func()) {
	t.Helper()
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Skip(err)
	}
	few := before
	few.Cur = 128
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Skip(err)
	}
	var open []*os.File
	release = func() {
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &before)
		for _, file := range open {
			_ = file.Close()
		}
		open = nil
	}
	t.Cleanup(release)
	for range 1000 {
		file, err := os.Open(os.DevNull)
		if err != nil {
			return release
		}
		open = append(open, file)
	}
	t.Skip("the system gives more files than it was told to")
	return release
}
