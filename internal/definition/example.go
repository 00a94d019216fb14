package definition

import (
	"strings"

	"epistle/internal/tomlfile"
)

// Example is the commented definition of a first newsletter: its sender is
// bulletin@HOST, its envelope domain HOST and its List-Id SLUG.HOST. It asks for
// one approval by anyone, has no schedule and no sections yet, and imported
// subscriptions are active at once.
func Example(slug, host string) []byte {
	return []byte(strings.NewReplacer(
		"NAME", tomlfile.Quote(titled(slug)),
		"FROM", tomlfile.Quote("bulletin@"+host),
		"LIST", tomlfile.Quote(slug+"."+host),
		"DOMAIN", tomlfile.Quote(host),
		"SLUG", slug,
		"HOST", host,
	).Replace(example))
}

// titled makes "weekly-lantern" "Weekly Lantern".
func titled(slug string) string {
	words := strings.Split(slug, "-")
	for i, word := range words {
		if word != "" {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, " ")
}

const example = `# The definition of a newsletter. Lines that begin with #KEY show a default, or
# an example where there is none: remove the # to change it. Put the changed file
# to use with:
#
#     epistle newsletters edit SLUG --file FILE.toml

# What readers see as the sender.
name = NAME

# The masthead of a bulletin that brings no title of its own. Default: the name.
#title = "This Week's Letter"

# The one visible sender, and where answers go (by default to the sender).
from = FROM
#reply_to = "The editors <editors@HOST>"

# The domain that takes bounces. Default: the domain of the sender.
envelope_domain = DOMAIN

# The name by which mail programs know the list. Never change it: rules and
# one-click unsubscribing hang on it.
list_id = LIST

# Where a reader gets help. Default: a mail to reply_to.
#help = "mailto:help@HOST"

# The postal address for the footer; many countries demand one.
#postal_address = """
#Lantern House
#1 Harbour Street"""

# A language tag and an IANA time zone.
language = "en"
time_zone = "UTC"

# The number of the first bulletin, for a newsletter that is older than this
# installation.
#first_number = 1

# The footer's sentence that says why the reader gets this.
#reason = "You get this letter because you asked for it."

# The footnote for names that are marked with an asterisk.
#pseudonym_note = "Name changed to protect a person."

# The register of such names: preflight says where one lacks its asterisk, is
# spelled otherwise, or is missing here.
#pseudonyms = ["Marisol", "Ana Luz"]

[design]
# One colour; it is adjusted where it would be hard to read.
#accent = "#8a3b12"

# An image at the top, with its width in pixels. The name always stands beside it.
#logo = "https://HOST/logo.png"
#logo_width = 160

# Opening words of items that are set apart.
#set_apart = ["Give thanks", "Remember"]

[schedule]
# When the week's work is done, on the newsletter's own clock: minute, hour, day
# of the month, month, weekday. Without a line the work is done by hand.
#assemble = "0 16 * * 3"
#proof = "30 16 * * 3"
#send = "0 8 * * 5"

# How late a run may still start, for example after the machine was down.
#late = "6h"

# What becomes of a send that is later than that: "hold" (it is kept back, and the
# editors are told), "ask" (their letter holds a link to send it all the same) or
# "send" (it is sent all the same, unless the next bulletin is due already).
#late_then = "hold"

# How long a send waits after its time: the editors get a letter then, with a
# link that stops it.
#pull_back = "30m"

# "local": each reader gets the bulletin when the reader's own clock shows the time
# of the send. Without it all get it at once.
#deliver_at = "local"

[policy]
# How many people must approve a bulletin, and whether whoever made it may be one.
#approvals = 1
#author_may_approve = true

# What becomes of deliveries whose last answer was lost: "hold" (a person decides)
# or "resend" (some readers may get the bulletin twice).
#uncertain = "hold"

# The state of the subscriptions that an import makes: "active", or "pending"
# until each reader has confirmed.
#import_state = "active"

# By how many percent the audience may differ from that of the last bulletin before
# preflight says so.
#audience_change = 20

[checks]
# What a check of the preflight does when it finds something: "error" keeps the
# bulletin back, "warning" tells, "off" does not ask. The names are those that
# epistle bulletins check shows; protection-gate stands above this.
#postal-address = "error"
#epigraph = "off"

[public]
# Whether people may subscribe themselves, on the page /subscribe/SLUG or through a
# form on a site of yours; each has to confirm by mail. Default: false.
#subscribe = true

# Whether every bulletin that was sent becomes a page that anybody can read and
# search engines can find. What offices write for those who asked for it may name
# people in danger: without this line nothing is public. Items that are marked for
# the e-mail alone are left out in any case.
#archive = true

[bounces]
# What follows when mail comes back. An address that takes no mail any more:
# "suspend" (until somebody resumes it), "unsubscribe" or "nothing".
#hard = "suspend"

# Other failures (a full mailbox, trouble on the way) suspend a subscription after
# so many bulletins within so many weeks without one that arrived. 0: never.
#soft = 3
#weeks = 4

# Pause a send by itself when this part of at least 1,000 messages failed, or was
# complained about. Without a line nothing is paused.
#pause_bounces = 0.05
#pause_complaints = 0.003

# The sections of a bulletin in their order; an introduction opens its section in
# every bulletin. The lead comes first and needs no entry.
#[[sections]]
#name = "From our offices"
#introduction = "News from the places where we work."

# The people who make it: "contributor" (for some sections), "editor" or
# "administrator".
#[[staff]]
#name = "Ana Example"
#email = "ana@HOST"
#role = "editor"
`
