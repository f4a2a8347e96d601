//go:build !windows && !plan9 && !nacl && !js

package aigateway

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// reloadConfig sends the process the signal on which Caddy loads its configuration file again.
func reloadConfig() error {
	// Without a listener the signal would end the process; Caddy listens only when it was started by its own command.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGUSR1)
	defer signal.Stop(heard)
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		return err
	}
	select {
	case <-heard:
		return nil
	case <-time.After(time.Second):
		return errors.New("the signal did not arrive")
	}
}
