package cli

import (
	"cmp"
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"epistle/internal/app"
	"epistle/internal/config"
	"epistle/internal/message"
	"epistle/internal/newsletter"
	"epistle/internal/terminal"
)

func (c *command) dkimCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "dkim", Short: "Make and publish the signing key"}
	add(cmd, c.dkimNew(), c.dkimShow())
	return cmd
}

// dkimRecord is what has to be published for one key.
type dkimRecord struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
	Zone  string `json:"zone_file"`
}

func recordOf(s *message.Signer) dkimRecord {
	name, value := s.Record()
	return dkimRecord{Name: name, Type: "TXT", Value: value, Zone: s.ZoneRecord()}
}

// newKey is what dkim new is asked for.
type newKey struct{ domain, selector, file, kind string }

func (c *command) dkimNew() *cobra.Command {
	var k newKey
	cmd := &cobra.Command{
		Use:   "new [--domain DOMAIN] [--selector NAME] [--out FILE] [--type rsa|ed25519]",
		Short: "Make a signing key and print the DNS record to publish",
		Long: "Make a private key in a new file that only you can read, and print the DNS record\n" +
			"to publish. Domain, selector and file are those of the configuration unless given\n" +
			"here. Publish the record before you set dkim.domain: from then on every message\n" +
			"is signed.",
		Example: "  epistle dkim new --domain example.org --selector epistle --out /var/lib/epistle/dkim.pem",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			if err := k.complete(cmd, cfg); err != nil {
				return err
			}
			signer, err := k.make()
			if err != nil {
				return err
			}
			c.terminal().Note("The private key is in %s. Publish this record in the DNS:", k.file)
			return c.sayRecords([]*message.Signer{signer})
		},
	}
	cmd.Flags().StringVar(&k.domain, "domain", "", "the signing `DOMAIN` (default dkim.domain)")
	cmd.Flags().StringVar(&k.selector, "selector", "", "the `NAME` it is published under (default dkim.selector)")
	cmd.Flags().StringVar(&k.file, "out", "", "the new key's `FILE` (default dkim.key_file)")
	cmd.Flags().StringVar(&k.kind, "type", rsaKey, "`TYPE` of key: rsa (2048 bits) or ed25519 (beside an RSA key)")
	return cmd
}

const (
	rsaKey     = "rsa"
	ed25519Key = "ed25519"
)

// complete fills in what the configuration says and refuses what is missing.
func (k *newKey) complete(cmd *cobra.Command, cfg *config.Config) error {
	if err := oneOf(cmd, "type", k.kind, rsaKey, ed25519Key); err != nil {
		return err
	}
	selector, file := cfg.DKIM.Selector, cfg.DKIM.KeyFile
	if k.kind == ed25519Key {
		selector, file = cfg.DKIM.Ed25519Selector, cfg.DKIM.Ed25519KeyFile
	}
	k.domain = cmp.Or(k.domain, cfg.DKIM.Domain)
	k.selector = cmp.Or(k.selector, selector)
	k.file = cmp.Or(k.file, file)
	return cmp.Or(required(cmd, "domain", k.domain), required(cmd, "selector", k.selector), required(cmd, "out", k.file))
}

// make writes the key's file. One that cannot be used, because its domain or
// selector is no such thing, does not stay behind.
func (k *newKey) make() (*message.Signer, error) {
	var err error
	if k.kind == ed25519Key {
		err = message.GenerateEd25519(k.file)
	} else {
		err = message.GenerateRSA(k.file, 2048)
	}
	if err != nil {
		return nil, err
	}
	signer, err := message.LoadSigner(k.domain, k.selector, k.file)
	if err != nil {
		return nil, errors.Join(err, os.Remove(k.file))
	}
	return signer, nil
}

func (c *command) dkimShow() *cobra.Command {
	return &cobra.Command{
		Use:     "show",
		Short:   "Print the DNS records of the configured keys",
		Example: "  epistle dkim show",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.config()
			if err != nil {
				return err
			}
			signers, err := app.Signers(cfg)
			if err != nil {
				return err
			}
			if len(signers) == 0 {
				return newsletter.Errorf(newsletter.Usage, "no signing key is configured").At("dkim.domain").
					With("Make one with: epistle dkim new --domain DOMAIN --selector NAME --out FILE")
			}
			return c.sayRecords(signers)
		},
	}
}

func (c *command) sayRecords(signers []*message.Signer) error {
	var records []dkimRecord
	for _, s := range signers {
		records = append(records, recordOf(s))
		for _, w := range s.Warnings() {
			c.terminal().Warn("%s", w)
		}
	}
	return c.answer(records, func(t *terminal.Terminal) {
		for _, r := range records {
			t.Printf("%s\n", strings.TrimRight(r.Zone, "\n"))
		}
	})
}
