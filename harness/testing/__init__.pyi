# made by docs/generate.py: change the code, then run it

from typing import Any

from harness.embedding import RunReport as RunReport
from harness.fakes import Mailgun, Mandrill, Postmark, Resend, SendGrid, Ses, Smtp, SparkPost
from harness.fakes.mail.address import MailAddress as MailAddress
from harness.fakes.mail.attachment import MailAttachment as MailAttachment
from harness.fakes.mail.headers import MailHeaders as MailHeaders
from harness.fakes.mail.links import MailLink as MailLink
from harness.fakes.mail.readable import ReadableMessage as ReadableMessage
from harness.fakes.mail.wanted import MissingMailError as MissingMailError
from harness.fakes.message import CapturedMessage as CapturedMessage
from harness.fakes.providers.message import ApiMessage as ApiMessage
from harness.testing.assertions import assert_attachment as assert_attachment
from harness.testing.assertions import assert_authenticated as assert_authenticated
from harness.testing.assertions import assert_certificate_refused as assert_certificate_refused
from harness.testing.assertions import assert_code as assert_code
from harness.testing.assertions import assert_link as assert_link
from harness.testing.assertions import assert_message as assert_message
from harness.testing.assertions import assert_no_mail as assert_no_mail
from harness.testing.assertions import assert_nothing_in_clear as assert_nothing_in_clear
from harness.testing.assertions import assert_tls_before_auth as assert_tls_before_auth

class FakeFactory:
    def smtp(self, **words: Any) -> Smtp: ...
    def mailgun(self, **words: Any) -> Mailgun: ...
    def mandrill(self, **words: Any) -> Mandrill: ...
    def postmark(self, **words: Any) -> Postmark: ...
    def resend(self, **words: Any) -> Resend: ...
    def sendgrid(self, **words: Any) -> SendGrid: ...
    def ses(self, **words: Any) -> Ses: ...
    def sparkpost(self, **words: Any) -> SparkPost: ...

class SmtpFixture(Smtp):
    def __call__(self, **words: Any) -> Smtp: ...

class MailgunFixture(Mailgun):
    def __call__(self, **words: Any) -> Mailgun: ...

class MandrillFixture(Mandrill):
    def __call__(self, **words: Any) -> Mandrill: ...

class PostmarkFixture(Postmark):
    def __call__(self, **words: Any) -> Postmark: ...

class ResendFixture(Resend):
    def __call__(self, **words: Any) -> Resend: ...

class SendGridFixture(SendGrid):
    def __call__(self, **words: Any) -> SendGrid: ...

class SesFixture(Ses):
    def __call__(self, **words: Any) -> Ses: ...

class SparkPostFixture(SparkPost):
    def __call__(self, **words: Any) -> SparkPost: ...
