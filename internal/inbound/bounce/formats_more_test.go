package bounce

import (
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// moreFormats are the ways to report of servers that are less common, or no longer
// made and still running.
func moreFormats() []format {
	return []format{
		{server: "Exchange 2003", from: "System Administrator <postmaster@harbour.example>", title: "Undeliverable: Number 12", want: keeper + " unknown-user", body: `Your message did not reach some or all of the intended recipients.

      Subject:	Number 12
      Sent:	12/03/2027 07:00

The following recipient(s) could not be reached:

      keeper@harbour.example on 12/03/2027 07:00
            The e-mail account does not exist at the organization this message was sent to.
            <mx.harbour.example #5.1.1>
`},
		{server: "Exchange 2003, German", from: "Systemadministrator <postmaster@harbour.example>", title: "Unzustellbar: Number 12", want: keeper + " unknown-user", body: `Ihre Nachricht hat einige oder alle Empfänger nicht erreicht.

      Betreff:	Number 12
      Gesendet am:	12.03.2027 07:00

Folgende(r) Empfänger konnte(n) nicht erreicht werden:

      keeper@harbour.example am 12.03.2027 07:00
            Dieses E-Mail-Konto gibt es in der Organisation des Empfängers nicht.
            <mx.harbour.example #5.1.1>
`},
		{server: "Exchange 5.5 behind X.400", title: "Undeliverable: Number 12", want: keeper + " unknown-user", body: `Your message

  To:      weekly@lantern.example
  Subject: Number 12

did not reach the following recipient(s):

c=XY;a= ;p=HARBOUR;o=Lamp;dda:SMTP=keeper@harbour.example; on Fri, 12 Mar 2027
07:00:00 +0000
    The recipient name is not recognized
	MSEXCH:IMS:HARBOUR:Lamp:MX 0 (000C05A6) Unknown Recipient
`},
		{server: "IIS", title: "Delivery Status Notification (Failure)", want: keeper + " unknown", body: "This is an automatically generated Delivery Status Notification.\n\nDelivery to the following recipients failed.\n\n       keeper@harbour.example\n"},
		{server: "James", title: "Re:", want: keeper + " unknown-user", body: `Hi. This is the James mail server at mx.harbour.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up.

Failed recipient(s):
keeper@harbour.example

Error message:
550 5.1.1 <keeper@harbour.example>: user unknown

Message details:
  Subject: Number 12
  MAIL FROM: weekly@lantern.example
  RCPT TO: keeper@harbour.example
`},
		{server: "CommuniGate", title: "Undeliverable mail: Number 12", want: keeper + " unknown-user", body: "Failed to deliver to 'keeper@harbour.example'\nSMTP module(domain harbour.example) reports:\n host mx.harbour.example says:\n 550 5.1.1 unknown user\n"},
		{server: "MDaemon", from: "MDaemon at harbour.example <MDaemon@harbour.example>", title: "Permanent Delivery Failure", want: keeper + " mailbox-full", body: `The attached message had PERMANENT fatal delivery errors!

After one or more unsuccessful delivery attempts the attached message has
been removed from the mail queue on this server.

--- Session Transcript ---
 Fri 2027-03-12 07:00:00: <-- 250 ok
 Fri 2027-03-12 07:00:00: --> RCPT To:<keeper@harbour.example>
 Fri 2027-03-12 07:00:01: <-- 552 5.2.2 <keeper@harbour.example> mailbox is full
--- End Transcript ---
`},
		{server: "hMailServer", from: "mailer-daemon@harbour.example", title: "Message undeliverable: Number 12", want: keeper + " unknown-user", body: `Your message did not reach some or all of the intended recipients.

   Sent: Fri, 12 Mar 2027 07:00:00 +0000
   Subject: Number 12

The following recipient(s) could not be reached:

keeper@harbour.example
   Error Type: SMTP
   Remote server (192.0.2.9) issued an error.
   hMailServer sent: RCPT TO:<keeper@harbour.example>
   Remote server replied: 550 5.1.1 no such user

hMailServer
`},
		{server: "SmarterMail", from: "System Administrator <>", title: "Delivery Failure", want: keeper + " unknown-user", body: "Could not deliver message to the following recipient(s):\n\nFailed Recipient: keeper@harbour.example\nReason: Remote host said: 550 no such user here\n\n   -- The header and top 20 lines of the message follows --\n\n" + returned(keeper)},
		{server: "XMail", from: "postmaster@lantern.example", title: "Error sending message [1270.lamp] from [lantern.example]", want: keeper + " unknown-user", body: `[<01>] XMail bounce: Rcpt=[keeper@harbour.example];Error=[550 5.1.1 No such user]


[<02>] Error sending message [1270.lamp] from [lantern.example].

ID:        <S1270>
Mail From: <weekly@lantern.example>
Rcpt To:   <keeper@harbour.example>
Server:    <mx.harbour.example>


[<03>] The reason of the delivery failure was:

550 5.1.1 No such user


[<05>] Here is listed the initial part of the message:

` + returned(keeper)},
		{server: "Sun", from: "Internet Mail Delivery <postmaster@harbour.example>", title: "Delivery Notification: Delivery has failed", want: keeper + " unknown-user", body: `This report relates to a message you sent with the following header fields:

  Message-id: <abc12@lantern.example>
  Date: Fri, 12 Mar 2027 06:00:00 +0000
  From: The Weekly Lantern <weekly@lantern.example>
  To: keeper@harbour.example
  Subject: Number 12

Your message cannot be delivered to the following recipients:

  Recipient address: keeper@harbour.example
  Reason: Remote SMTP server has rejected address
  Diagnostic code: smtp;550 5.1.1 unknown user
  Remote system: dns;mx.harbour.example
`},
		{server: "Mercury", from: "Mail Delivery Subsystem <postmaster@harbour.example>", title: "Delivery failure notification", want: keeper + " unknown-user", body: "With reference to your message with the subject:\n   \"Number 12\"\n\nThe following addresses failed for the reasons given:\n\n*** <keeper@harbour.example>\n    User not known at this site.\n"},
		{server: "smail", title: "mail failed, returning to sender", want: keeper + " domain-gone", body: "|------------------------- Message log follows: -------------------------|\n no valid recipients were found for this message\n|------------------------- Failed addresses follow: ---------------------|\n <keeper@harbour.example> ... unknown host\n|------------------------- Message text follows: ------------------------|\n" + returned(keeper)},
		{server: "PowerMTA", title: "Delivery report", want: keeper + " mailbox-full", body: "Hello, this is the mail server on mx.lantern.example.\n\nI am sending you this message to inform you on the delivery status of a\nmessage you previously sent.\n\nThe following message to <keeper@harbour.example> was undeliverable.\nThe reason for the problem:\n5.2.2 - Over quota 552-'The mailbox is over its quota'\n"},
		{server: "Ezweb", from: "Postmaster@operator.example", title: "Mail System Error - Returned Mail", want: keeper + " unknown-user", body: "The user(s) could not be reached.\n\nEach of the following recipients was rejected by a remote mail server.\n\n    Recipient: <keeper@harbour.example>\n    >>> RCPT TO:<keeper@harbour.example>\n    <<< 550 <keeper@harbour.example>: User unknown\n"},
		{server: "Amazon SES", from: "MAILER-DAEMON@email-bounces.example", title: "Delivery Status Notification (Failure)", want: keeper + " unknown-user", body: "An error occurred while trying to deliver the mail to the following recipients:\nkeeper@harbour.example\n\n550 5.1.1 The address does not exist here: user unknown\n"},
		{server: "Groups", head: "X-Failed-Recipients: keepers@groups.example\n", from: "Mail Delivery Subsystem <mailer-daemon@groups.example>", title: "Delivery Status Notification (Failure)", want: "keepers@groups.example unknown", body: "Hello weekly@lantern.example,\n\nThe group that you wrote to (keepers) may not exist, or may not let you post.\n"},
		{server: "AOL by screen name", from: "Mail Delivery Subsystem <MAILER-DAEMON@harbour.example>", title: "Mail Delivery Problem", want: "lampkeeper@harbour.example content-refused", body: "Sorry weekly@lantern.example. Your mail to the following recipients could not be delivered because they are not accepting mail with attachments or embedded images:\n\tlampkeeper\n"},
		{server: "Netease", title: "系统退信", want: keeper + " unknown-user", body: "抱歉，您的邮件被退回来了……\n\n原邮件信息：\n主 题：Number 12\n\n收件人：keeper@harbour.example\n退信原因：收件人邮件地址不存在，邮件无法送达。\n"},
		{server: "Sieve", head: "Content-Type: multipart/report; report-type=disposition-notification; boundary=\"b\"\nAuto-Submitted: auto-replied (rejected)\n", title: "Automatically rejected mail", want: keeper + " mailbox-full", body: "--b\nContent-Type: text/plain\n\nYour message to <keeper@harbour.example> was automatically rejected:\nQuota exceeded\n--b\nContent-Type: message/disposition-notification\n\nReporting-UA: mx.harbour.example\nFinal-Recipient: rfc822; keeper@harbour.example\nOriginal-Message-ID: <abc12@lantern.example>\nDisposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n"},
		{server: "Sieve, with the reader's own words", head: "Content-Type: multipart/report; report-type=disposition-notification; boundary=\"b\"\nAuto-Submitted: auto-replied (rejected)\n", title: "Automatically rejected mail", want: keeper + " content-refused", body: "--b\nContent-Type: text/plain\n\nYour message was automatically rejected by Sieve.\n\nThe following reason was given:\nNo lamps, please.\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; keeper@harbour.example\nDisposition: automatic-action/MDN-sent-automatically; deleted\n\n--b--\n"},
		{server: "a report without an author or a subject", from: "<>", want: keeper + " unknown-user", head: "Auto-Submitted: auto-replied\n", body: "You sent mail to keeper@harbour.example. That's not a valid user here.\n"},
		{server: "a sender's display name around the address", from: "admin@harbour.example", title: "Non-Delivery: Number 12", want: keeper + " unknown", body: "--- Non-Delivery Report ---\nThe email below could not be delivered to the following user:\n\n\"keeper@harbour.example\" <keeper@harbour.example>\n"},
		{server: "GroupWise", from: "Mail System <postmaster@harbour.example>", title: "Message status - undeliverable", want: keeper + " unknown-user", body: "The message that you sent was undeliverable to the following:\n\tkeeper@harbour.example (user not found)\n\nPossibly truncated original message follows:\n\n" + returned(keeper)},
		{server: "Symantec that waits", from: "Gateway_of_Mail@harbour.example", title: "Delivery failure notification", want: keeper + " temporary", body: "Your message with Subject: Number 12\ncould not be delivered to the following recipients:\n\nkeeper@harbour.example\n\nPlease do not resend your original message.\n\nDelivery attempts will continue to be made for 5 day(s).\n"},
		{server: "Demon", title: "Mail delivery failure", want: keeper + " mailbox-disabled", body: "A message that you sent could not be delivered to all of its recipients.\n\nThe following message, addressed to 'keeper@harbour.example',\nfailed because it has not been collected after 30 days\n"},
		{server: "Kerio", title: "Undeliverable Mail", want: keeper + " unknown-user", body: "Your e-mail message was not delivered to keeper@harbour.example.\n\nReason: 550 5.1.1 User unknown\n"},
		{server: "Scalix", title: "Undeliverable: Number 12", want: keeper + " unknown-user", body: "Your message could not be delivered to:\n\nkeeper@harbour.example\n    Diagnostic: unrecognized recipient, no such user\n"},
	}
}

func TestMoreFormatsOfServers(t *testing.T) {
	t.Parallel()
	testFormats(t, moreFormats())
}

func TestFormatsInOtherCharsets(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		charset     string
		encoding    encoding.Encoding
		title, body string
		want        string
	}{
		"Russian in windows-1251":     {"windows-1251", charmap.Windows1251, "=?windows-1251?B?zeXk7vHy4OLr5e3uIPHu7uH55e3o5Q==?=", "Это письмо создано автоматически.\n\nВаше сообщение не может быть доставлено:\n\nkeeper@harbour.example\n    почтовый ящик переполнен\n", keeper + " mailbox-full"},
		"Russian in koi8-r":           {"koi8-r", charmap.KOI8R, "Mail failure", "Ваше сообщение не было доставлено получателю\n<keeper@harbour.example>: пользователь не найден\n", keeper + " unknown-user"},
		"Chinese in GB2312":           {"GB2312", simplifiedchinese.GBK, "=?GB2312?B?z7XNs83L0MU=?=", "您的邮件未能送达：\n\n<keeper@harbour.example>:\n邮箱空间不足\n", keeper + " mailbox-full"},
		"Chinese in GB18030":          {"gb18030", simplifiedchinese.GB18030, "failure notice", "邮件无法投递：\n\nkeeper@harbour.example\n\n用户不存在\n", keeper + " unknown-user"},
		"Chinese in Big5":             {"big5", traditionalchinese.Big5, "Undelivered Mail", "您的郵件未能送達：\n\nkeeper@harbour.example\n\n信箱已滿\n", keeper + " mailbox-full"},
		"Japanese in Shift_JIS":       {"Shift_JIS", japanese.ShiftJIS, "Returned mail", "宛先不明のため送信できませんでした。\n\n<keeper@harbour.example>\n", keeper + " unknown-user"},
		"Japanese in EUC-JP":          {"euc-jp", japanese.EUCJP, "Returned mail", "メールボックスが一杯のため配信できません。\n\n<keeper@harbour.example>\n", keeper + " mailbox-full"},
		"Polish in iso-8859-2":        {"iso-8859-2", charmap.ISO8859_2, "Zwrot", "Nie można dostarczyć wiadomości:\n\nkeeper@harbour.example\n    użytkownik nie istnieje\n", keeper + " unknown-user"},
		"Greek in iso-8859-7":         {"iso-8859-7", charmap.ISO8859_7, "Undelivered", "δεν ήταν δυνατή η παράδοση:\n\nkeeper@harbour.example\n    άγνωστος παραλήπτης\n", keeper + " unknown-user"},
		"French without a name of it": {"", charmap.ISO8859_1, "Undelivered", "Votre message n'a pas pu être remis :\n\nkeeper@harbour.example\n    boîte aux lettres du destinataire pleine\n", keeper + " mailbox-full"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := test.encoding.NewEncoder().String(test.body)
			if err != nil {
				t.Fatal(err)
			}
			head := "Return-Path: <>\nFrom: MAILER-DAEMON@mx.harbour.example\nTo: weekly@lantern.example\nSubject: " + test.title + "\n"
			if test.charset != "" {
				head += "Content-Type: text/plain; charset=" + test.charset + "\n"
			}
			got := read(t, New(options(t)), head+"\n"+body)
			same(t, got, test.want)
			if got.Kind != Bounce {
				t.Error(got.Kind)
			}
		})
	}
}
