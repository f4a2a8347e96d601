package onesocket

import (
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// steer has the system give all connections of the address to its first socket, which is this one. Otherwise a socket
// that is only opened to be closed would get its share of those that come in this moment (SO_ATTACH_REUSEPORT_CBPF,
// socket(7)). Some kernels do not offer it.
func steer(first *net.TCPListener) error {
	raw, err := first.SyscallConn()
	if err != nil {
		return fmt.Errorf("steering connections: %w", err)
	}
	toFirst := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: 0}}
	program := unix.SockFprog{Len: uint16(len(toFirst)), Filter: &toFirst[0]}
	var failure error
	err = raw.Control(func(fd uintptr) {
		failure = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, &program)
	})
	if err == nil {
		err = failure
	}
	if err != nil {
		return fmt.Errorf("steering connections: %w", err)
	}
	return nil
}

// abandon closes a socket that was only just opened, and returns the connections that have come to it all the same.
func abandon(fresh *net.TCPListener) (strays []net.Conn) {
	raw, err := fresh.SyscallConn()
	if err == nil {
		_ = raw.Control(func(fd uintptr) {
			for {
				stray, _, err := unix.Accept4(int(fd), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
				if err != nil {
					_ = unix.Shutdown(int(fd), unix.SHUT_RD) // at once, not after whatever else this process does
					return
				}
				file := os.NewFile(uintptr(stray), "stray")
				if conn, err := net.FileConn(file); err == nil {
					strays = append(strays, conn)
				}
				_ = file.Close()
			}
		})
	}
	_ = fresh.Close()
	return strays
}
