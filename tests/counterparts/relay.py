#!/usr/bin/env python3
"""A mail relay that is not ours: aiosmtpd, with STARTTLS and a login, and Python's own reader of mails.

Says its port on the first line, then each mail as one JSON object a line, until its input ends.
"""
import asyncio
import email
import email.policy
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


def say(**what):
    print(json.dumps(what), flush=True)


def defects(mail):
    """What Python finds wrong in the headers and bodies of a mail, with all its parts."""
    found = [defect for part in mail.walk() for defect in part.defects]
    found += [defect for part in mail.walk() for header in part.values() for defect in header.defects]
    return [type(defect).__name__ for defect in found]


class Reader:
    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        say(
            tls=session.ssl is not None,
            authenticated=bool(session.authenticated),
            envelope_from=envelope.mail_from,
            envelope_to=envelope.rcpt_tos,
            headers={name.lower(): str(value) for name, value in mail.items()},
            sender=[[a.display_name, a.addr_spec] for a in mail["From"].addresses],
            date=mail["Date"].datetime.isoformat(),
            form=mail.get_content_type(),
            text=text.get_content(),
            html=html.get_content(),
            longest_line=max(len(line) for line in envelope.content.splitlines()),
            defects=defects(mail),
        )
        return "250 taken"


def login(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (b"ministry", os.environ["RELAY_PASSWORD"].encode())
    return AuthResult(success=good, handled=False)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(os.environ["RELAY_CERTIFICATE"], os.environ["RELAY_KEY"])
    options = dict(require_starttls=True, tls_context=context, auth_required=True, authenticator=login)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Reader(), **options), "127.0.0.1", 0)
    say(port=server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


asyncio.run(main())
