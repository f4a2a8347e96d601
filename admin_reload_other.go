//go:build windows || plan9 || nacl || js

package aigateway

import "errors"

// reloadConfig would send the process a signal that this system does not have.
func reloadConfig() error { return errors.New("this system has no SIGUSR1") }
