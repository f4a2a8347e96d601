package onesocket

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// reusing opens sockets as Caddy does.
var reusing = net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
	var failure error
	err := c.Control(func(fd uintptr) {
		failure = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	})
	return errors.Join(err, failure)
}}

// TestOneSocket opens and closes sockets of an address thousands of times a second while clients connect to it. Where the
// system can be told to pass those sockets over, all clients must be answered.
func TestOneSocket(t *testing.T) {
	first, err := reusing.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = first.Close() })
	if err := steer(first.(*net.TCPListener)); err != nil {
		t.Skip(err)
	}
	all := &socket{TCPListener: first.(*net.TCPListener)}
	l := newOneListener(all.TCPListener, first, all, "")
	all.join(l)
	go answer(l)
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	var clients sync.WaitGroup
	var answered atomic.Int64
	for range 4 {
		clients.Go(func() {
			for ctx.Err() == nil && answered.Load() < 5000 {
				conn, err := net.Dial("tcp", first.Addr().String())
				if err != nil {
					t.Errorf("after %d answers: %v", answered.Load(), err)
					return
				}
				got, err := io.ReadAll(conn)
				_ = conn.Close()
				if err != nil || string(got) != "hello" {
					t.Errorf("after %d answers: %q, %v", answered.Load(), got, err)
					return
				}
				answered.Add(1)
			}
		})
	}
	opened := 0
	for ctx.Err() == nil && answered.Load() < 5000 {
		fresh, err := reusing.Listen(ctx, "tcp", first.Addr().String())
		if err != nil {
			break
		}
		opened++
		if strays := abandon(fresh.(*net.TCPListener)); len(strays) > 0 {
			t.Errorf("a socket that is passed over got %d connections", len(strays))
		}
	}
	clients.Wait()
	if answered.Load() == 0 || opened < 10 {
		t.Errorf("%d clients were answered while %d sockets were opened", answered.Load(), opened)
	}
	t.Logf("%d clients were answered while %d sockets were opened", answered.Load(), opened)
}

// answer greets all who come.
func answer(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			_, _ = io.WriteString(conn, "hello")
			_ = conn.Close()
		}()
	}
}

// TestStrays wants connections that have come to a socket which is given up to be answered all the same.
func TestStrays(t *testing.T) {
	first, err := reusing.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	all := &socket{TCPListener: first.(*net.TCPListener)}
	l := newOneListener(all.TCPListener, first, all, "")
	all.join(l)
	go answer(l)
	t.Cleanup(func() { _ = l.TCPListener.Close() })
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var clients []net.Conn
	for range 5 {
		conn, err := net.Dial("tcp", other.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		clients = append(clients, conn)
	}
	strays := abandon(other.(*net.TCPListener))
	if len(strays) != len(clients) {
		t.Fatalf("%d strays of %d clients", len(strays), len(clients))
	}
	all.take(strays)
	for _, conn := range clients {
		if got, err := io.ReadAll(conn); err != nil || string(got) != "hello" {
			t.Errorf("a stray got %q, %v", got, err)
		}
		_ = conn.Close()
	}
}
