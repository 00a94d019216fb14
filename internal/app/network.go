package app

import "epistle/internal/release"

// Network is how checks of a bulletin ask the world.
func (a *App) Network() release.Network {
	return release.Network{Resolver: Resolver(a.Config), Client: release.Outside()}
}
