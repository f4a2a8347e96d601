package stand

import (
	"context"
	"log"
	"os"
	"os/signal"
)

// Main is the end of a tool's main function: it runs the measurement until it
// is done or somebody presses Ctrl+C, and ends the process with its error.
func Main(measure func(context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := measure(ctx)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}
