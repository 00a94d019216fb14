package bounce

import (
	"strings"
	"testing"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	tests := []struct {
		status, diagnostic string
		class              Class
	}{
		{"5.1.1", "550 5.1.1 <keeper@harbour.example>: Recipient address rejected: User unknown in virtual mailbox table", UnknownUser},
		{"5.0.0", "550 No such user here", UnknownUser},
		{"5.7.1", "550 5.7.1 <keeper@harbour.example>... no such user", UnknownUser},
		{"5.0.0", "550-5.1.1 The account that you wrote to does not\n550-5.1.1 exist. Check it for\n550 5.1.1 typing errors.", UnknownUser},
		{"5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by lookup", UnknownUser},
		{"5.4.1", "550 5.4.1 Recipient address rejected: Access denied", UnknownUser},
		{"5.0.0", "550 Requested action not taken: mailbox unavailable", UnknownUser},
		{"4.0.0", "450 Requested action not taken: mailbox unavailable", Temporary},
		{"4.1.1", "450 4.1.1 user unknown", UnknownUser},
		{"5.1.6", "551 5.1.6 the keeper has moved to another tower", UnknownUser},
		{"5.1.1", "", UnknownUser},
		{"5.0.0", "550 Utilisateur inconnu", UnknownUser},
		{"5.0.0", "550 Unbekannter Empfänger", UnknownUser},
		{"5.0.0", "550 пользователь не найден", UnknownUser},
		{"5.0.0", "550 收件人不存在", UnknownUser},
		{"5.1.2", "550 Host unknown", DomainGone},
		{"5.4.4", "Name service error for name=harbour.example type=MX: Host not found", DomainGone},
		{"4.4.3", "Name service error for name=harbour.example type=MX: Host not found, try again", Temporary},
		{"5.0.0", "556 this host takes no mail", DomainGone},
		{"5.1.10", "the domain's MX record is null", DomainGone},
		{"5.2.2", "552 5.2.2 no room left", MailboxFull},
		{"5.1.1", "550 5.1.1 mailbox full", MailboxFull},
		{"5.0.0", "552 storage exceeded", MailboxFull},
		{"5.0.0", "550 Postfach voll", MailboxFull},
		{"5.0.0", "550 ящик переполнен", MailboxFull},
		{"5.3.4", "552 5.3.4 larger than we carry", TooBig},
		{"5.2.3", "550 5.2.3 RecipSizeLimit; message too large", TooBig},
		{"5.2.1", "550 5.2.1 switched off", MailboxDisabled},
		{"5.0.0", "550 BAD_RECIPIENT - see https://mx.harbour.example/help", UnknownUser},
		{"5.0.0", "550 cuda_nsu keeper@harbour.example", UnknownUser},
		{"5.0.0", "550 mailbox for keeper@harbour.example is not available (moved)", UnknownUser},
		{"5.0.0", "554 No SMTP service here", DomainGone},
		{"5.0.0", "550 Account is not active", MailboxDisabled},
		{"5.2.0", "554 5.2.0 STOREDRV.Deliver.Exception:AccountDisabledException", MailboxDisabled},
		{"5.0.0", "553 Exceeded maximum inbound message size", TooBig},
		{"5.0.0", "550 mail box space not enough", MailboxFull},
		{"5.4.5", "550 5.4.5 Daily sending quota exceeded", Policy},
		{"5.0.0", "550 5.7.1 : Helo command rejected: Host not found", Policy},
		{"5.0.0", "550 5.7.27 Sender address has null MX", Policy},
		{"5.0.0", "554 RLY:B1 https://postmaster.harbour.example/rlyb1", Policy},
		{"5.0.0", "552-5.7.0 blocked because its content presents a potential\n552 5.7.0 danger", ContentRefused},
		{"5.0.0", "554 Service currently unavailable", Temporary},
		{"5.0.0", "554 this account is disabled", MailboxDisabled},
		{"5.7.1", "554 5.7.1 <keeper@harbour.example>: Relay access denied", Policy},
		{"5.7.26", "550 5.7.26 neither SPF nor DKIM passed", Policy},
		{"5.1.8", "553 5.1.8 Domain of sender address weekly@lantern.example does not exist", Policy},
		{"5.0.0", "550 Sender verify failed: no such user", Policy},
		{"5.0.0", "554 your ip 192.0.2.4 is on a blocklist", Policy},
		{"5.0.0", "554 blocked for mail to too many invalid recipients", Policy},
		{"4.7.28", "421 4.7.28 too many connections from this host", Policy},
		{"5.7.515", "550 5.7.515 access denied", Policy},
		{"5.6.0", "550 5.6.0 a broken letter", ContentRefused},
		{"5.0.0", "554 this looks like spam", ContentRefused},
		{"5.1.1", "550 5.1.1 refused due to recipient preferences", ContentRefused},
		{"5.0.0", "550 user unknown (in reply to end of DATA command)", ContentRefused},
		{"5.1.1", "550 5.1.1 user unknown (in reply to end of DATA command)", UnknownUser},
		{"4.4.1", "connect to mx.harbour.example: timed out", Temporary},
		{"5.4.6", "554 5.4.6 too many hops", Temporary},
		{"5.1.1", "Command died with status 127", Temporary},
		{"4.4.7", "", Temporary},
		{"5.0.0", "550 no", Unknown},
		{"5.5.1", "503 bad sequence of commands", Unknown},
	}
	r := New(options(t))
	for _, test := range tests {
		t.Run(string(test.class)+" for "+test.status+" "+test.diagnostic, func(t *testing.T) {
			t.Parallel()
			got := only(t, read(t, r, report(test.status, test.diagnostic)))
			if got.Class != test.class || got.Hard != test.class.Hard() {
				t.Errorf("%s, hard %v, because of %q", got.Class, got.Hard, got.Evidence)
			}
			if got.Class != Unknown && got.Evidence == "" {
				t.Error("there is no evidence")
			}
		})
	}
}

func TestEvidenceIsTheLineThatSaidSo(t *testing.T) {
	t.Parallel()
	raw := "From: MAILER-DAEMON@mx.harbour.example\nSubject: failure notice\n\nHello.\n\n<keeper@harbour.example>:\n" +
		"We asked 192.0.2.9.\nRemote host said: 550 the mailbox is full to the brim\nGood day.\n"
	if got := only(t, read(t, New(options(t)), raw)); got.Evidence != "Remote host said: 550 the mailbox is full to the brim" {
		t.Errorf("%q", got.Evidence)
	}
}

func TestCommandIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"550 no (in reply to RCPT TO command)":                                       "RCPT",
		"SMTP error from remote mail server after end of data: 550 no":               "DATA",
		"Connected to 192.0.2.1 but sender was rejected.":                            "MAIL",
		">>> RCPT To:<a@b.example>\n<<< 550 unknown\n>>> DATA\n<<< 503 bad sequence": "RCPT",
		">>> DATA\n<<< 550 unknown user":                                             "DATA",
		"192.0.2.1 does not like recipient.":                                         "RCPT",
		"nothing of the kind":                                                        "",
	} {
		if got := commandIn(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestPhrasesCanBeReached(t *testing.T) {
	t.Parallel()
	table := newTable(rules())
	for i, rule := range rules() {
		for _, phrase := range rule.phrases {
			if phrase != strings.ToLower(phrase) {
				t.Errorf("%q is not in lower case and matches nothing", phrase)
			}
			if len(phrase) < 3 {
				t.Errorf("%q is too short", phrase)
			}
			text := strings.ReplaceAll(phrase, "*", " ")
			if v := table.match(text); v.class == "" {
				t.Errorf("rule %d: %q does not match itself", i, phrase)
			}
		}
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		status string
		code   int
	}{
		"550 5.1.1 no":                      {"5.1.1", 550},
		"(#5.1.1)":                          {"5.1.1", 0},
		"version 8.14.4, built 2010":        {"", 0},
		"host 192.0.2.222 said 450 later":   {"", 450},
		"550-5.7.26 first":                  {"5.7.26", 550},
		"5.65/1.37 of 4.8.3.54":             {"", 0},
		"at 10.4.2.1 something":             {"", 0},
		"error 590":                         {"", 0},
		"[554 5.4.6 Hops]":                  {"5.4.6", 554},
		"Status: 5.0.0 (permanent failure)": {"5.0.0", 0},
	} {
		if s, c := enhancedCode(text), replyCode(text); s != want.status || c != want.code {
			t.Errorf("%q: %q %d, want %q %d", text, s, c, want.status, want.code)
		}
	}
}
