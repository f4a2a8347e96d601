// Package onesocket provides a listener wrapper with which a reload of Caddy's configuration loses no new connection.
package onesocket

import (
	"context"
	"fmt"
	"net"
	"reflect"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"go.uber.org/zap"
)

func init() {
	caddy.RegisterModule(new(OneSocket))
}

// OneSocket makes all configurations that Caddy loads one after the other accept connections from one socket. Caddy by
// itself opens a socket for each and closes the one before, and with it the system resets the connections that wait in
// its queue. Besides, Go's server closes connections without an answer whose first request it has not yet read when it
// is told to end. With this listener wrapper a client that connects in the moment of a reload gets its answer, if need
// be a third of a second later. It must be the first of the wrappers, before `tls`:
//
//	servers {
//		listener_wrappers {
//			one_socket
//			tls
//		}
//	}
//
// It also ends the sockets of a configuration that fails to start. For sockets other than TCP's, and where the system
// has Caddy share its sockets anyway, it does nothing.
type OneSocket struct {
	logger *zap.Logger

	mu        sync.Mutex
	listeners []*oneListener
}

// CaddyModule returns the Caddy module information.
func (*OneSocket) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "caddy.listeners.one_socket", New: func() caddy.Module { return new(OneSocket) }}
}

// Provision prepares the log, and asks to be told when the configuration has started. Its listeners come before.
func (o *OneSocket) Provision(ctx caddy.Context) error {
	o.logger = ctx.Logger()
	app, err := ctx.App("events")
	if err != nil {
		return fmt.Errorf("getting the events app: %w", err)
	}
	if err := app.(*caddyevents.App).On("started", o); err != nil {
		return fmt.Errorf("subscribing to the event started: %w", err)
	}
	return nil
}

// Handle takes the sockets over: the configuration has started, so that the one before is going to be stopped.
func (o *OneSocket) Handle(context.Context, caddy.Event) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	takeOver(o.listeners)
	return nil
}

// Cleanup closes what is still open: Caddy leaves the listeners of a configuration that fails to start as they are.
func (o *OneSocket) Cleanup() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range o.listeners {
		_ = l.Close() // mostly it is closed
	}
	return nil
}

// WrapListener returns a listener on the socket that the address has already, or on the one that Caddy has just opened
// for it.
func (o *OneSocket) WrapListener(ln net.Listener) net.Listener {
	fresh := freshSocket(ln)
	if fresh == nil {
		if _, ok := ln.Addr().(*net.TCPAddr); ok {
			o.logger.Debug("leaving the listener alone: it is none that is opened anew", zap.Stringer("address", ln.Addr()))
		}
		return ln
	}
	l, err := o.share(fresh, ln)
	if err != nil {
		o.logger.Warn("sharing the socket failed; connections may be reset by a reload", zap.Stringer("address", ln.Addr()), zap.Error(err))
		return ln
	}
	o.mu.Lock()
	o.listeners = append(o.listeners, l)
	o.mu.Unlock()
	l.socket.join(l)
	return l
}

// freshSocket returns the socket of a listener that Caddy has opened for a new configuration, or nil for any other: what
// another wrapper has put around it must not be gone around.
func freshSocket(ln net.Listener) *net.TCPListener {
	v := reflect.ValueOf(ln)
	if v.Kind() != reflect.Struct || v.Type().PkgPath() != "github.com/caddyserver/caddy/v2" || v.Type().Name() != "deleteListener" {
		return nil
	}
	field := v.FieldByName("Listener")
	if !field.IsValid() || !field.CanInterface() {
		return nil
	}
	tcp, _ := field.Interface().(*net.TCPListener)
	return tcp
}

// share returns a listener on the socket of the address, of which the fresh one becomes the first, or else is closed.
func (o *OneSocket) share(fresh *net.TCPListener, ln net.Listener) (*oneListener, error) {
	key := fresh.Addr().String()
	value, known, err := sockets.LoadOrNew(key, func() (caddy.Destructor, error) {
		first, err := duplicate(fresh)
		if err != nil {
			return nil, err
		}
		if err := steer(first); err != nil {
			o.logger.Debug("the system cannot keep connections from sockets that are closed at once", zap.String("address", key), zap.Error(err))
		}
		return &socket{TCPListener: first}, nil
	})
	if err != nil {
		return nil, err
	}
	shared := value.(*socket)
	own, err := duplicate(shared.TCPListener)
	if err != nil {
		_, _ = sockets.Delete(key)
		return nil, err
	}
	if known {
		shared.take(abandon(fresh))
	}
	return newOneListener(own, ln, shared, key), nil
}

// duplicate returns another listener on the same socket.
func duplicate(tcp *net.TCPListener) (*net.TCPListener, error) {
	file, err := tcp.File()
	if err != nil {
		return nil, fmt.Errorf("duplicating the socket: %w", err)
	}
	defer file.Close()
	ln, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("listening on the duplicate: %w", err)
	}
	return ln.(*net.TCPListener), nil
}

// UnmarshalCaddyfile reads the wrapper's name, which takes nothing.
func (*OneSocket) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	d.Next()
	if d.NextArg() {
		return d.Err("one_socket takes no arguments")
	}
	if d.NextBlock(0) {
		return d.Err("one_socket takes no options")
	}
	return nil
}

// Interface guards
var (
	_ caddy.Provisioner     = (*OneSocket)(nil)
	_ caddy.CleanerUpper    = (*OneSocket)(nil)
	_ caddy.ListenerWrapper = (*OneSocket)(nil)
	_ caddyfile.Unmarshaler = (*OneSocket)(nil)
	_ caddyevents.Handler   = (*OneSocket)(nil)
)
