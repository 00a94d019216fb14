package bounce

import (
	"strings"
	"testing"
	"time"

	"epistle/internal/token"
)

const person = "From: Ada Keeper <keeper@harbour.example>\nTo: weekly@lantern.example\n"

func TestAutomaticAnswersAreNeverBounces(t *testing.T) {
	t.Parallel()
	r := New(options(t))
	messages := map[string]string{
		"RFC 3834":               person + "Subject: Re: Number 12\nAuto-Submitted: auto-replied\n\nI am at sea. The user unknown to you is my deputy.\n",
		"Exchange":               "Return-Path: <>\n" + person + "Subject: Automatic reply: Number 12\nX-Auto-Response-Suppress: All\n\nAway.\n",
		"an old field":           person + "Subject: Number 12\nX-Autoreply: yes\n\nAway.\n",
		"Precedence":             person + "Subject: Number 12\nPrecedence: auto_reply\n\nAway.\n",
		"words alone":            "Return-Path: <>\n" + person + "Subject: Number 12\n\nI am out of the office until May. My mailbox is full of letters.\n",
		"a postmaster on leave":  strings.Replace(person, "keeper@", "postmaster@", 1) + "Subject: Out of Office\nAuto-Submitted: auto-replied\n\nBack on Monday.\n",
		"which quotes a bounce":  person + "Subject: Out of office: Undeliverable: Number 12\nAuto-Submitted: auto-replied\n\nAway until May.\n",
		"somebody has left":      person + "Subject: Automatic reply\nAuto-Submitted: auto-replied\n\nAda is no longer with the tower.\n",
		"a reading receipt":      person + "Subject: Read: Number 12\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;keeper@harbour.example\nDisposition: manual-action/MDN-sent-manually; displayed\n\n--b--\n",
		"bulk from nobody":       "Return-Path: <>\nPrecedence: bulk\n" + person + "Subject: Thank you for your e-mail\n\nI shall write back soon.\n",
		"in Polish":              "Precedence: junk\n" + person + "Subject: [Automatyczna =?iso-8859-2?Q?odpowied=BC?=] Number 12\n\nZxqv.\n",
		"a mailbox that is gone": "Return-Path: <>\nAuto-Submitted: auto-replied\n" + person + "Subject: Number 12\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nThis address does not exist any more: user unknown.\n--b\nContent-Type: message/rfc822\n\n" + returned(keeper) + "\n--b--\n",
		"with our mail attached": person + "Subject: Automatic reply\nAuto-Submitted: auto-replied\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nAway.\n--b\nContent-Type: message/rfc822\n\n" + returned(keeper) + "\n--b--\n",
	}
	for _, subject := range []string{"Abwesenheitsnotiz", "Réponse automatique", "Respuesta automática", "Risposta automatica", "Resposta automática", "Автоответ", "自動返信", "自动回复", "자동 회신", "Automatisch antwoord", "Automatiskt svar: Automatisk svar", "Otomatik yanıt"} {
		messages[subject] = "Return-Path: <>\n" + person + "Subject: " + subject + "\n\n550 5.1.1 user unknown, says nobody.\n"
	}
	for name, raw := range messages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := "Delivered-To: " + keyring(t, 1).VERP(12, 345) + "@" + ours + "\n" + raw
			got := read(t, r, raw)
			if got.Kind != AutoReply {
				t.Errorf("it is a %s", got.Kind)
			}
			for _, p := range got.Recipients {
				if p.Hard || p.Class != Automatic || !p.Verified {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

func TestChallengesAndNewAddresses(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]Kind{
		person + "Subject: Re: Number 12\n\nPlease confirm that you sent this message.\n":                      Challenge,
		person + "Subject: [boxbe] Number 12\nAuto-Submitted: auto-replied\n\nI use a guest list.\n":           Challenge,
		person + "Subject: Number 12\nX-Challenge: 1\n\nHello.\n":                                              Challenge,
		person + "Subject: My new e-mail address\n\nmy new e-mail address is ada@tower.example\n":              AddressChange,
		person + "Subject: Neue E-Mail-Adresse\nAuto-Submitted: auto-replied\n\nBitte notieren.\n":             AddressChange,
		person + "Subject: Stop at the pier\n\nWhere do we stop?\n":                                            Other,
		person + "Subject: Re: Undeliverable: Number 12\n\nThey said: could not be delivered, user unknown.\n": Other,
		person + "Subject: A lamp\n\nYour letter on lamps was fine.\n":                                         Other,
		"":             Other,
		"\n\n\n":       Other,
		"nothing":      Other,
		"Subject: x\n": Other,
		"Return-Path: <>\n" + person + "Subject: Zxqv\n\nqwe rty\n": Other,
	} {
		got := read(t, New(options(t)), raw)
		if got.Kind != want {
			t.Errorf("%q is a %s, want %s", raw, got.Kind, want)
		}
		if got.Kind == Other && got.NotIdentifiable == "" {
			t.Errorf("%q: no reason", raw)
		}
	}
}

func TestWishesToLeave(t *testing.T) {
	t.Parallel()
	k := keyring(t, 1)
	tok := k.Sign(token.Unsubscribe, token.Claims{Newsletter: 3, Subscriber: 345}, time.Time{})
	from := "From: keeper@harbour.example\n"
	for name, test := range map[string]struct {
		raw      string
		verified bool
	}{
		"a token in the address":           {from + "To: leave+" + tok + "@" + ours + "\nSubject: x\n\n", true},
		"a token that survives lower case": {from + "To: leave+" + k.VERP(12, 345) + "@" + ours + "\nSubject: x\n\n", true},
		"a token in the subject":           {from + "To: leave@" + ours + "\nSubject: unsubscribe " + tok + "\n\n", true},
		"a token in the text":              {from + "To: leave@" + ours + "\nSubject: please\n\nhttps://lantern.example/u/" + tok + "\n", true},
		"a bounce address":                 {from + "To: " + k.VERP(12, 345) + "@" + ours + "\nSubject: Re: unsubscribe\n\n", true},
		"no token":                         {from + "To: leave@" + ours + "\nSubject: Please let me go\n\n", false},
		"only the subject, in German":      {from + "To: weekly@lantern.example\nSubject: Abmelden\n\n", false},
		"a forged token":                   {from + "To: leave+" + keyring(t, 2).VERP(12, 345) + "@" + ours + "\nSubject: x\n\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read(t, New(options(t)), test.raw)
			p := only(t, got)
			if got.Kind != Unsubscribe || p.Verified != test.verified || p.Class != Unsubscribed || p.Hard || p.Address != keeper {
				t.Errorf("%s, %+v", got.Kind, p)
			}
			if test.verified && p.Identity.Subscriber != 345 {
				t.Errorf("%+v", p.Identity)
			}
		})
	}
}
