// Package message turns one mail to one person into the bytes that go over
// SMTP. It is the only place that writes mail headers, and so the only one that
// must refuse a line break in a value.
//
// Its steps, in order: check every value and write each header field, folded;
// choose an encoding for each part; let go-mail put fields and parts together
// under a boundary that stands in no part; sign the result with every key
// given. A step that fails leaves no message at all: in particular nothing
// leaves unsigned when a key was given.
//
// That is Compose, the obvious way. A Form is the quick one for a bulletin: it
// writes and encodes once what all recipients share, keeps the body's lines also
// in the form in which DKIM hashes them, and per recipient only writes the fields
// that differ, encodes the lines in which a value stands, hashes and signs. Both
// ways give the same bytes; a Form makes sure of it when it is made.
//
// The same Mail gives the same bytes. Only the DKIM-Signature fields differ
// from one second to the next, because they carry the time of signing.
//
// Left to others: what the mail says (render), who gets it and under which
// Message-ID, envelope sender and links (delivery, token), sending (smtp).
//
// The fields, what each follows, and whether it is always there:
//
//	DKIM-Signature         RFC 6376 §3.5, RFC 8463 §3  one for each Signer
//	Date                   RFC 5322 §3.6.1              always
//	MIME-Version           RFC 2045 §4                  always
//	Message-ID             RFC 5322 §3.6.4              always
//	From                   RFC 5322 §3.6.2              always
//	Reply-To               RFC 5322 §3.6.2              when given
//	To                     RFC 5322 §3.6.3              always
//	Subject                RFC 5322 §3.6.5, RFC 2047 §5 always
//	List-Id                RFC 2919 §3                  with ListID
//	List-Help              RFC 2369 §3.1                with ListID
//	List-Unsubscribe       RFC 2369 §3.2, RFC 8058 §3.1 with an https or mailto URI
//	List-Unsubscribe-Post  RFC 8058 §3.1                with the https URI, and only then
//	List-Post              RFC 2369 §3.4                with ListID: NO
//	List-Archive           RFC 2369 §3.6                when given
//	Auto-Submitted         RFC 3834 §5                  when given
//	Feedback-ID            Gmail's feedback loop        when given
//	Content-Type           RFC 2046 §5.1.4              always
//	Content-Transfer-Encoding  RFC 2045 §6              at the top when there is no HTML
//
// Raw UTF-8 (RFC 6532 §3.2) stands only in an address whose local part needs it;
// Message.UTF8 then says that the server must offer SMTPUTF8 (RFC 6531 §3.4).
package message
