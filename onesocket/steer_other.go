//go:build !linux

package onesocket

import "net"

// steer would have the system give all connections to one socket, which needs Linux. Elsewhere a socket that is opened
// to be closed at once may get a connection in this moment.
func steer(*net.TCPListener) error { return nil }

// abandon closes a socket that was only just opened.
func abandon(fresh *net.TCPListener) []net.Conn {
	_ = fresh.Close()
	return nil
}
