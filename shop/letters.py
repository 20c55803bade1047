"""Letters out: a message of the outbox by SMTP. The server may be away, slow, or refuse; each is said."""

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from ..storage.outbox import Message, NotDelivered, Trouble

_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


class BadMailServer(ValueError):
    """The address of the mail server cannot be used; the text says why."""


class Letters:
    """`url` is smtp://user:password@host:port (STARTTLS), smtps://… (TLS from the start) or smtp+plain://… (a relay beside us).

    A message's body is {"to", "subject", "text"}. Its key is in the Message-ID, the same at each try.
    """

    def __init__(self, url: str, sender: str, timeout_s: float = 10.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise BadMailServer("write smtp://user:password@host:port, smtps://… or smtp+plain://…")
        self._scheme, self._host = parts.scheme, parts.hostname
        self._port = parts.port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender, self._timeout_s = sender, timeout_s

    async def send(self, message: Message) -> None:
        """Raises NotDelivered."""
        try:
            letter = self._letter(message)
        except (ValueError, KeyError) as wrong:
            raise NotDelivered(Trouble.REFUSED, type(wrong).__name__) from wrong
        await asyncio.to_thread(self._post, letter)

    def _letter(self, message: Message) -> EmailMessage:
        letter = EmailMessage()
        letter["From"], letter["To"] = self._sender, message.body["to"]
        letter["Subject"] = message.body["subject"]
        letter["Date"] = formatdate(message.created_at.timestamp())
        letter["Message-ID"] = f"<{message.key}@{self._sender.rpartition('@')[2].rstrip('>') or 'localhost'}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.body["text"])
        return letter

    def _post(self, letter: EmailMessage) -> None:
        try:
            with self._connected() as server:
                if self._user:
                    server.login(self._user, self._password)
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as refused:
            code = max(code for code, _ in refused.recipients.values())
            raise NotDelivered(_by_code(code), f"recipient, SMTP {code}") from refused
        except smtplib.SMTPResponseException as refused:
            raise NotDelivered(_by_code(refused.smtp_code), f"SMTP {refused.smtp_code}") from refused
        except TimeoutError as late:
            raise NotDelivered(Trouble.SLOW) from late
        except smtplib.SMTPException as trouble:
            timed_out = isinstance(
                trouble.__context__, TimeoutError
            )  # it says no more than that the connection is lost
            raise NotDelivered(Trouble.SLOW if timed_out else Trouble.AWAY, type(trouble).__name__) from trouble
        except OSError as away:
            raise NotDelivered(Trouble.AWAY, type(away).__name__) from away

    def _connected(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout_s, context=context)
        server = smtplib.SMTP(self._host, self._port, timeout=self._timeout_s)
        if self._scheme == "smtp":
            try:
                server.starttls(context=ssl.create_default_context())
            except BaseException:
                server.close()
                raise
        return server


def _by_code(code: int) -> Trouble:
    return Trouble.REFUSED if code >= 500 else Trouble.BUSY
