package bounce

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
)

// format is one server's way to report, with our own people in it.
type format struct {
	server string
	head   string // fields after From, To and Subject
	from   string
	title  string
	body   string
	want   string // "address class", several parted by ", "
}

const (
	keeper = "keeper@harbour.example"
	nurse  = "nurse@clinic.example"
)

func formats() []format {
	return []format{
		{server: "qmail", title: "failure notice", want: keeper + " unknown-user, " + nurse + " mailbox-full", body: `Hi. This is the qmail-send program at mx.lantern.example.
It did not work out.

<keeper@harbour.example>:
192.0.2.9 does not like recipient.
Remote host said: 550 5.1.1 <keeper@harbour.example>... unknown user
Giving up on 192.0.2.9.

<nurse@clinic.example>:
192.0.2.8 failed after I sent the message.
Remote host said: 552 disk quota exceeded

--- Below this line is a copy of the message.

` + returned(keeper)},
		{server: "Exim", head: "X-Failed-Recipients: " + keeper + ",\n " + nurse + "\nAuto-Submitted: auto-replied\n", title: "Mail delivery failed: returning message to sender", want: keeper + " domain-gone, " + nurse + " policy", body: `The following address(es) failed:

  keeper@harbour.example
    Unrouteable address
  nurse@clinic.example
    host mx.clinic.example [192.0.2.8]
    SMTP error from remote mail server after initial connection:
    571 no PTR record found

------ This is a copy of the message, including all the headers. ------

` + returned(keeper)},
		{server: "Exim that waits", title: "Warning: message 1abc delayed 24 hours", want: keeper + " temporary", body: `The address to which the message has not yet been delivered is:

  keeper@harbour.example
    Delay reason: connection timed out

No action is required on your part. Delivery attempts will continue for some time.
`},
		{server: "Gmail of old", head: "X-Failed-Recipients: " + keeper + "\n", title: "Delivery Status Notification (Failure)", want: keeper + " temporary", body: `Delivery to the following recipient failed permanently:

     keeper@harbour.example

Technical details of permanent failure:
The recipient server did not accept our requests to connect.

----- Original message -----

` + returned(keeper)},
		{server: "Exchange 5.5", from: "System Administrator <postmaster@harbour.example>", title: "Undeliverable: Number 12", want: keeper + " unknown-user", body: `Your message

  To:      all@harbour.example
  Subject: Number 12

did not reach the following recipient(s):

keeper@harbour.example on Fri, 12 Mar 2027 06:00:00 +0000
    The recipient name is not recognized
	MSEXCH:IMS:Harbour:Pier:TOWER 0 (000C05A6) Unknown Recipient
`},
		{server: "Exchange 2010, German", from: "postmaster@harbour.example", title: "Unzustellbar: Number 12", head: "Content-Type: text/html; charset=utf-8\n", want: keeper + " unknown-user", body: `<html><body><p>Ihre Nachricht konnte nicht zugestellt werden an:</p><p>` +
			`<a href="mailto:keeper@harbour.example">keeper@harbour.example</a><br>Die E-Mail-Adresse wurde nicht gefunden.</p><hr>` +
			`<p>keeper@harbour.example<br>#550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found ##</p></body></html>`},
		{server: "Domino", title: "DELIVERY FAILURE: User keeper (keeper@harbour.example) not listed in Domino Directory", want: keeper + " unknown-user", body: `Your message

  Subject: Number 12

was not delivered to:

  keeper@harbour.example

because:

  User keeper (keeper@harbour.example) not listed in Domino Directory
`},
		{server: "Notes", title: "Undeliverable message", want: keeper + " unknown-user", body: `------- Failure Reasons  --------

User not listed in public Name & Address Book
keeper@harbour.example

------- Returned Message --------
` + returned("all@harbour.example")},
		{server: "Sendmail 5, which names nobody", title: "Returned mail: Cannot send message for 4 days", want: keeper + " temporary", body: `   ----- Transcript of session follows -----
421 harbour.example (smtp)... Deferred: Connection timed out

   ----- Unsent message follows -----
` + returned(keeper)},
		{server: "Sendmail 5", title: "Returned mail: Host unknown", want: keeper + " domain-gone", body: `   ----- Transcript of session follows -----
550 harbour.example (smtp)... 550 Host unknown
554 <keeper@harbour.example>... 550 Host unknown

   ----- Unsent message follows -----
` + returned(keeper)},
		{server: "Courier without its second part", title: "NOTICE: mail delivery status.", want: keeper + " unknown-user", body: `                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<keeper@harbour.example>:
    mx.harbour.example [192.0.2.9]:
>>> RCPT TO:<keeper@harbour.example>
<<< 550 5.1.1 unknown
`},
		{server: "IMail", title: "Undeliverable Mail", want: keeper + " unknown-user", body: "Unknown user: keeper@harbour.example\n\n\nOriginal message follows.\n\n" + returned(keeper)},
		{server: "MailEnable", title: "Message Delivery Failure", want: keeper + " policy", body: `MailEnable: Message Delivery Failure.

The following recipient(s) could not be reached:

	[SMTP:keeper@harbour.example]: Message could not be delivered because the remote mail server requires authentication

Message headers follow:

` + returned(keeper)},
		{server: "Yahoo", title: "Failure Notice", want: keeper + " unknown-user", body: `Sorry, we were unable to deliver your message to the following address.

<keeper@harbour.example>:
554: delivery error: dd This user doesn't have a harbour.example account [0] - mta1.harbour.example

--- Below this line is a copy of the message.

` + returned(keeper)},
		{server: "mail.ru", title: "Mail failure.", want: keeper + " mailbox-full", body: `К сожалению, Ваше письмо не может быть доставлено получателю:

  keeper@harbour.example
    550 ящик получателя переполнен
`},
		{server: "1&1 and GMX", title: "Mail delivery failed: returning message to sender", want: keeper + " too-big", body: `A message that you sent could not be delivered.

The following address failed:

"keeper@harbour.example":

For the following reason:

Mail size limit exceeded.

--- The header of the original message is following. ---

` + returned(keeper)},
		{server: "InterScan", title: "Mail could not be delivered", want: keeper + " unknown-user", body: "...\n\nSent <<< RCPT TO:<keeper@harbour.example>\nReceived >>> 550 5.1.1 <keeper@harbour.example>... user unknown\n\n...\n"},
		{server: "MailMarshal", title: `Undeliverable Mail: "Number 12"`, want: keeper + " unknown-user", body: `Your message:
   From:    weekly@lantern.example
   Subject: Number 12

Could not be delivered because of

550 5.1.1 User unknown

The following recipients were affected:
    keeper@harbour.example

Original Sender:    <weekly@lantern.example>
`},
		{server: "MailFoundry", title: "Message delivery has failed", want: keeper + " unknown-user", body: "Unable to deliver message to: <keeper@harbour.example>\nDelivery failed for the following reason:\nServer mx.harbour.example[192.0.2.9] failed with: 550 No such user here\n"},
		{server: "McAfee", title: "Delivery Status", want: keeper + " unknown-user", body: "    --- The following addresses had delivery problems ---\n\n<keeper@harbour.example>   (Unknown user keeper@harbour.example)\n"},
		{server: "MXLogic", title: "Mail delivery failed", want: keeper + " content-refused", body: "The following address failed:\n\n  <keeper@harbour.example>: 554 5.7.1 taken for spam\n\nIncluded is a copy of the message header:\n-----------------\n" + returned(keeper)},
		{server: "MessageLabs", title: "Mail Delivery Failure", want: keeper + " policy", body: "I was unable to deliver your message to the following addresses:\n\nkeeper@harbour.example\n\nReason: 553-SPF domain authentication\n553 fail. (#5.7.1)\n"},
		{server: "Barracuda", title: "**Message you sent blocked by our bulk email filter**", want: keeper + " policy", body: "Your message to: keeper@harbour.example\nwas blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:\n\nSubject: Number 12\n"},
		{server: "Mimecast", title: "[Postmaster] Email Delivery Failure", want: keeper + " policy", body: "This is a delivery failure notification message indicating that\nan email you addressed to email address :\n-- keeper@harbour.example\n\ncould not be delivered. The problem appears to be :\n-- Recipient email address is possibly incorrect; envelope blocked\n"},
		{server: "SendGrid", title: "Undelivered Mail Returned to Sender", want: keeper + " unknown-user", body: "Your message was not able to be delivered to one of its intended recipients.\n\nkeeper:000000:<keeper@harbour.example> : 192.0.2.3 : mx.harbour.example:[192.0.2.9] : 550 5.1.1 unknown user  in RCPT TO\n"},
		{server: "Zoho", title: "Undelivered Mail Returned to Sender", want: keeper + " policy", body: "A message could not be delivered.\n\nkeeper@harbour.example Invalid Address, ERROR_CODE :550, ERROR_CODE :5.7.1 blocked by the reputation list\n\n\nReceived:from x by mx\nMessage-ID:<a@b.example>\nFrom:weekly@lantern.example\nTo:<keeper@harbour.example>\n"},
		{server: "OpenSMTPD", title: "Delivery status notification: error", want: keeper + " temporary", body: "    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\nkeeper@harbour.example: Envelope expired\n\n    Below is a copy of the original message:\n\n" + returned(keeper)},
		{server: "Verizon and James", from: "post_master@harbour.example", title: "Re:Number 12", want: keeper + " unknown-user", body: "Error: Invalid user address\n\nError message below:\n550 - Requested action not taken: no such user here\n\nMessage details:\n  MAIL FROM: weekly@lantern.example\n  RCPT TO: keeper@harbour.example\n  From: weekly@lantern.example\n"},
		{server: "AOL", title: "Undelivered Mail Returned to Sender", want: keeper + " mailbox-disabled", body: "<keeper@harbour.example>: host mx.harbour.example[192.0.2.9] said: 550 5.2.1\n    this mailbox is disabled (in reply to RCPT TO command)\n"},
		{server: "Activehunter", title: "FAILURE NOTICE : Number 12", want: keeper + " unknown-user", body: "  ----- The following addresses had permanent fatal errors -----\n\n>>> keeper@harbour.example <keeper@harbour.example>\n\n  ----- Transcript of session follows -----\n550 sorry, no mailbox here by that name (#5.1.1)\n"},
		{server: "X1, a gateway", title: "Returned Mail: User unknown", want: keeper + " unknown-user", body: "---The following addresses had delivery errors---\n\nkeeper@harbour.example [User unknown]\n"},
		{server: "X2, a gateway", title: "Delivery failure", want: keeper + " mailbox-disabled", body: "Unable to deliver message to the following address(es).\n\n<keeper@harbour.example>:\nThis account has been suspended\n\n--- Original message follows.\n\n" + returned(keeper)},
		{server: "X3, a gateway", title: "Delivery status notification", want: keeper + " unknown-user", body: "Delivery to the following recipients failed permanently:\n\n   * keeper@harbour.example\n\n====\nSMTP:RCPT host 192.0.2.9: 553 5.3.0 <keeper@harbour.example>... No such user here\n"},
		{server: "X4, a gateway", title: "failure notice", want: keeper + " mailbox-full", body: "Your mail message to the following address(es) could not be delivered.\n\n<keeper@harbour.example>:\nchild status 100...the user's mailfolder is full.\n"},
		{server: "X6, a gateway", head: "Auto-Submitted: auto-replied\n", title: "There was an error sending your mail", want: keeper + " temporary", body: "1 error(s):\n\nThe following recipients returned permanent errors: keeper@harbour.example. Reason: the server refused (DATA): [554 5.4.6 Hop count exceeded]\n"},
		{server: "Orange", title: "Undelivered Mail Returned to Sender", want: keeper + " mailbox-full", body: "<keeper@harbour.example>: 552 5.1.1 Boite du destinataire pleine. OFR_417\n"},
		{server: "GoDaddy", title: "failure notice", want: keeper + " mailbox-full", body: "<keeper@harbour.example>:\nChild status 100...account storage limit\n"},
		{server: "Surfcontrol", title: "Number 12: message could not be sent", want: keeper + " unknown-user", body: "Your message could not be sent.\n\nAddressed To: keeper@harbour.example\n\nFailed to send to identified host,\nkeeper@harbour.example: [192.0.2.9], 550 No such user\n"},
		{server: "fml", from: "lantern-admin@lists.example", title: "Loop Alert: Duplicated Message-ID", want: "lantern@lists.example content-refused", body: "Duplicated Message-ID in <lantern@lists.example>.\n\nOriginal mail as follows:\n\n   From: weekly@lantern.example\n   Message-ID: <abc@lantern.example>\n"},
		{server: "Spanish", title: "Mensaje no entregado", want: keeper + " unknown-user", body: "Su mensaje no pudo ser entregado a:\n\n<keeper@harbour.example>:\nno existe ese usuario\n\n--- Mensaje original adjunto.\n\n" + returned(keeper)},
		{server: "Chinese", title: "系统退信", want: keeper + " unknown-user", body: "您的邮件未能送达：\n\nkeeper@harbour.example\n\n该用户不存在\n"},
		{server: "Korean", title: "메일 전송 실패", want: keeper + " mailbox-full", body: "다음 수신자에게 전달하지 못했습니다:\n\nkeeper@harbour.example\n\n메일함이 가득 찼습니다\n"},
	}
}

func (f format) raw() string {
	from := f.from
	if from == "" {
		from = "Mail Delivery System <MAILER-DAEMON@mx.lantern.example>"
	}
	return "Return-Path: <>\nFrom: " + from + "\nTo: weekly@lantern.example\nSubject: " + f.title + "\n" + f.head + "\n" + f.body
}

// same compares what a report says of its people with "address class, …".
func same(t *testing.T, got *Report, want string) {
	t.Helper()
	var said []string
	for _, p := range got.Recipients {
		said = append(said, p.Address+" "+string(p.Class))
	}
	if strings.Join(said, ", ") != want {
		t.Errorf("%s: %s, want %s (%s)", got.Kind, strings.Join(said, ", "), want, got.NotIdentifiable)
	}
}

func TestFormatsOfServers(t *testing.T) {
	t.Parallel()
	testFormats(t, formats())
}

func testFormats(t *testing.T, all []format) {
	t.Helper()
	r := New(options(t))
	for _, f := range all {
		t.Run(f.server, func(t *testing.T) {
			t.Parallel()
			for _, ends := range []string{"\n", "\r\n", "\r"} {
				got := read(t, r, strings.ReplaceAll(f.raw(), "\n", ends))
				same(t, got, f.want)
				want := Bounce
				if strings.Contains(f.server, "waits") {
					want = Delayed
				}
				if got.Kind != want {
					t.Errorf("with %q it is %s", ends, got.Kind)
				}
			}
		})
	}
}

func TestJapaneseOperators(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ title, body, want string }{
		"ezweb":    {"Mail System Error - Returned Mail", "次のあて先へのメッセージはエラーのため送信できませんでした。\n\n送信先メールアドレスが見つかりませんでした。\n\n<keeper@harbour.example>\n", keeper + " unknown-user"},
		"KDDI":     {"=?ISO-2022-JP?B?GyRCJWEhPCVrJSglaSE8REw/YxsoQg==?=", "送信先のメールボックスが一杯のため、送信できませんでした。\n\n     Could not be delivered to: <keeper@harbour.example>\n     As their mailbox is full.\n", keeper + " mailbox-full"},
		"docomo":   {"Undelivered Mail Returned to Sender", "<keeper@harbour.example>: 550 Unknown user (in reply to end of DATA command)\n", keeper + " content-refused"},
		"Biglobe":  {"Returned mail: Service unavailable", "   ----- The following addresses had delivery problems -----\nkeeper@harbour.example\n\n   ----- Non-delivered information -----\nThe number of messages in recipient's mailbox exceeded the local limit.\n", keeper + " mailbox-full"},
		"m-FILTER": {"failure notice", "以下のメールアドレスへの送信に失敗しました。\nkeeper@harbour.example\n\n-------server message\n550 5.1.1 User unknown\n\n-------SMTP command\nDATA\n\n-------original message\n" + returned(keeper), keeper + " unknown-user"},
	} {
		body, err := japanese.ISO2022JP.NewEncoder().String(test.body)
		if err != nil {
			t.Fatal(err)
		}
		head := "Return-Path: <>\nFrom: Postmaster@operator.example\nTo: weekly@lantern.example\nSubject: " + test.title + "\nContent-Type: text/plain; charset="
		r := New(options(t))
		for charset, text := range map[string]string{"iso-2022-jp": body, `"ISO-2022-JP"`: body, "utf-8": test.body, "iso-2022-jp; x": test.body} {
			t.Run(name+" in "+charset, func(t *testing.T) {
				t.Parallel()
				same(t, read(t, r, head+charset+"\n\n"+text), test.want)
			})
		}
	}
}

func TestWhoIsMeant(t *testing.T) {
	t.Parallel()
	const head = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.harbour.example\nTo: weekly@lantern.example\nSubject: failure notice\n\n"
	for name, test := range map[string]struct{ body, want string }{
		"not the sender, who is quoted":       {"Your message from weekly@lantern.example could not be delivered to keeper@harbour.example.\nUser unknown.\n", keeper + " unknown-user"},
		"not whom to ask":                     {"Could not be delivered: <keeper@harbour.example>: user unknown\n\nPlease contact help@harbour.example or nurse@clinic.example.\n", keeper + " unknown-user"},
		"the sender, when there is only that": {"<weekly@lantern.example>:\nRemote host said: 552 mailbox full\n", "weekly@lantern.example mailbox-full"},
		"two dots in a row":                   {"<keep..er.@operator.example>: user unknown (in reply to RCPT TO command)\n", "keep..er.@operator.example unknown-user"},
		"nobody":                              {"Your message could not be delivered.\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := read(t, New(options(t)), head+test.body)
			same(t, got, test.want)
			if test.want == "" && (got.Kind != Bounce || got.NotIdentifiable == "") {
				t.Errorf("%s, %q", got.Kind, got.NotIdentifiable)
			}
		})
	}
}
