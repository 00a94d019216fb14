"""Reads messages as a stranger would: Python's email package and dkimpy.

Standard input is a JSON list of {"message": base64, "records": {name: value}};
standard output is a JSON list of what was found in each.
"""

import base64
import email
import email.header
import email.policy
import email.utils
import json
import sys

import dkim


def signatures(raw, records):
    def txt(name, timeout=5):
        value = records.get(name.decode().rstrip("."))
        return value and value.encode()

    found = []
    for index in range(raw.count(b"DKIM-Signature:")):
        verifier = dkim.DKIM(raw)
        try:
            valid = verifier.verify(idx=index, dnsfunc=txt)
        except dkim.DKIMException:
            valid = False
        found.append(bool(valid))
    return found


def parse(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    defects = []
    for part in message.walk():
        defects += [repr(d) for d in part.defects]
        for name, value in part.items():
            defects += [name + ": " + repr(d) for d in getattr(value, "defects", [])]
    bodies = {
        part.get_content_subtype(): base64.b64encode(part.get_payload(decode=True)).decode()
        for part in message.walk()
        if not part.is_multipart()
    }
    # Not message[name].addresses: some versions of Python keep the white space
    # between two encoded words of a display name, against RFC 2047 section 6.2.
    plain = email.message_from_bytes(raw, policy=email.policy.compat32)
    names = {}
    for name in ("From", "To", "Reply-To"):
        phrase, _ = email.utils.parseaddr(plain[name] or "")
        names[name] = str(email.header.make_header(email.header.decode_header(phrase)))
    return {"defects": defects, "bodies": bodies, "subject": message["Subject"], "names": names}


def main():
    answers = []
    for case in json.load(sys.stdin):
        raw = base64.b64decode(case["message"])
        answer = parse(raw)
        answer["signatures"] = signatures(raw, case["records"])
        answers.append(answer)
    json.dump(answers, sys.stdout)


main()
