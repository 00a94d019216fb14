package cli

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"epistle/internal/app"
	"epistle/internal/config"
	"epistle/internal/terminal"
)

// serverLog is the log of a program that runs on its own: lines on standard
// error as the configuration wants them; with --quiet only what needs a person.
func (c *command) serverLog(cfg *config.Config) *slog.Logger {
	if c.flags.quiet && cfg.Log.Slog() < slog.LevelWarn {
		quiet := *cfg
		quiet.Log.Level = "warn"
		cfg = &quiet
	}
	return app.Logger(cfg, c.io.Stderr)
}

// commandLog is the log of a command that tells in its own words what happens:
// only warnings and errors appear, among those words. Whoever sets log.level to
// debug gets every line.
func (c *command) commandLog(cfg *config.Config) *slog.Logger {
	if cfg.Log.Slog() <= slog.LevelDebug {
		return app.Logger(cfg, c.io.Stderr)
	}
	return slog.New(&warnings{terminal: c.terminal()})
}

// quietLog drops the log of a look that reports what it finds itself.
func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// warnings is a slog.Handler that speaks through the terminal, so that a line
// never runs into a progress bar.
type warnings struct {
	terminal *terminal.Terminal
	attrs    []slog.Attr
}

func (*warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

func (w *warnings) Handle(_ context.Context, r slog.Record) error {
	text, reason := r.Message, ""
	var parts []string
	add := func(a slog.Attr) bool {
		switch value := wording(a.Value); {
		case value == "":
		case a.Key == "error" || a.Key == "reason":
			reason = ": " + value
		default:
			parts = append(parts, strings.ReplaceAll(a.Key, "_", " ")+" "+value)
		}
		return true
	}
	for _, a := range w.attrs {
		add(a)
	}
	r.Attrs(add)
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	w.terminal.Warn("%s%s", text, reason)
	return nil
}

// wording writes a value for a person; a time without a moment is nothing.
func wording(v slog.Value) string {
	t, ok := v.Any().(time.Time)
	switch {
	case !ok:
		return v.String()
	case t.IsZero():
		return ""
	}
	return t.Local().Format("15:04:05 MST")
}

func (w *warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &warnings{terminal: w.terminal, attrs: append(w.attrs[:len(w.attrs):len(w.attrs)], attrs...)}
}

// WithGroup does without the group's name: no logger here is grouped.
func (w *warnings) WithGroup(string) slog.Handler { return w }
