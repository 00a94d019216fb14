package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Timeouts and limits of a server. A slow phone needs seconds; a client that
// holds a connection longer than this keeps it from others.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 90 * time.Second
	maxHeaderBytes    = 16 << 10
	// DrainTimeout is how long requests under way may take to end at shutdown.
	DrainTimeout = 5 * time.Second
)

// Serve answers on l until ctx is done, then takes no new request, lets those
// under way end within DrainTimeout, and returns nil; it closes the connections
// of those that did not. It owns l from the call on.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// Broken handshakes and the like: scanners' noise.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve pages on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	// The requests under way are finished although ctx has ended.
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), DrainTimeout)
	defer cancel()
	err := server.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("closed connections whose requests did not end in time", slog.Duration("after", DrainTimeout))
		err = server.Close()
	}
	if stopped := <-ended; err == nil && !errors.Is(stopped, http.ErrServerClosed) {
		err = stopped
	}
	if err != nil {
		return fmt.Errorf("stop serving pages on %s: %w", l.Addr(), err)
	}
	return nil
}
