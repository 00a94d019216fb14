package app

import (
	"net/http"
	"time"

	"epistle/internal/release"
)

// imageLimit is how long loading one image may take.
const imageLimit = 15 * time.Second

// Network is how checks of a bulletin ask the world.
func (a *App) Network() release.Network {
	return release.Network{Resolver: Resolver(a.Config), Client: &http.Client{Timeout: imageLimit}}
}
