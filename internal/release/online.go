package release

import (
	"context"
	"fmt"
	"image"
	"io"
	"net"
	"net/http"
	"strings"

	// The formats of images that mail programs show.
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	"epistle/internal/newsletter"
	"epistle/internal/preflight"
	"epistle/internal/store"
)

// Network is how a check asks the world.
type Network struct {
	Resolver *net.Resolver
	Client   *http.Client // bounds how long an image may take
}

// CheckOnline is Check, and compares the signing keys with what is published and
// loads every image. What the network does not answer is told as a finding.
func (d *Desk) CheckOnline(ctx context.Context, b *store.Bulletin, network Network) ([]preflight.Result, error) {
	doc, err := d.store.Document(ctx, b.ID, 0)
	if err != nil {
		return nil, err
	}
	// What is protected must not be asked for: an address is seen on its way.
	if _, err := d.pass(ctx, b); newsletter.KindOf(err) == newsletter.Refused {
		return d.Check(ctx, b)
	}
	online := &preflight.Online{Keys: map[string]error{}, Images: map[string]preflight.Picture{}}
	for _, s := range d.composer.Signers() {
		name, _ := s.Record()
		online.Keys[name] = s.Published(ctx, network.Resolver)
	}
	for _, address := range preflight.Images(doc) {
		if strings.HasPrefix(address, "https:") { // http-link speaks of the others
			online.Images[address] = network.picture(ctx, address)
		}
	}
	results, _, err := d.checkWith(ctx, b, online)
	return results, err
}

// maxPicture is how much of an image is read, in bytes.
const maxPicture = 4 << 20

func (n Network) picture(ctx context.Context, address string) (p preflight.Picture) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return preflight.Picture{Err: err}
	}
	response, err := n.Client.Do(request)
	if err != nil {
		return preflight.Picture{Err: err}
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return preflight.Picture{Err: fmt.Errorf("the server answers %s", response.Status)}
	}
	counted := &counter{r: io.LimitReader(response.Body, maxPicture)}
	if config, _, err := image.DecodeConfig(counted); err == nil {
		p.Width = config.Width
	}
	if _, err := io.Copy(io.Discard, counted); err != nil {
		return preflight.Picture{Err: err}
	}
	p.Bytes = max(counted.n, response.ContentLength)
	return p
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}
