# SPDX-License-Identifier: Apache-2.0
"""Mails that came back, in the forms in which servers send them. `{id}` is the Message-ID of what was sent."""

from __future__ import annotations

POSTFIX = """\
Return-Path: <>
Date: Mon, 23 Nov 2026 10:00:05 +0100 (CET)
From: MAILER-DAEMON@mail.example.net (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces@example.org
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F2c1x0Gz9z1Jk.1763888405/mail.example.net"
Message-Id: <4F2c1x1xyzz1Jl@mail.example.net>

This is a MIME-encapsulated message.

--4F2c1x0Gz9z1Jk.1763888405/mail.example.net
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mail.example.net.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients.

<lea.baumann@example.com>: host mx.example.com[192.0.2.7] said: 550 5.1.1
    <lea.baumann@example.com>: Recipient address rejected: User unknown in
    virtual mailbox table (in reply to RCPT TO command)

--4F2c1x0Gz9z1Jk.1763888405/mail.example.net
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.net
X-Postfix-Queue-ID: 4F2c1x0Gz9z1Jk
X-Postfix-Sender: rfc822; bounces@example.org
Arrival-Date: Mon, 23 Nov 2026 10:00:03 +0100 (CET)

Final-Recipient: rfc822; lea.baumann@example.com
Original-Recipient: rfc822;lea.baumann@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <lea.baumann@example.com>: Recipient address
    rejected: User unknown in virtual mailbox table

--4F2c1x0Gz9z1Jk.1763888405/mail.example.net
Content-Description: Undelivered Message
Content-Type: message/rfc822

Return-Path: <bounces@example.org>
From: Seminarhaus Aare <info@example.org>
To: lea.baumann@example.com
Subject: Ihre Buchung
Message-ID: {id}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Guten Tag

--4F2c1x0Gz9z1Jk.1763888405/mail.example.net--
"""

# Without the original's text: its headers alone come back.
EXIM = """\
Return-path: <>
X-Failed-Recipients: lea.baumann@example.com
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mail.example.net>
To: bounces@example.org
References: {id}
Content-Type: multipart/report; report-type=delivery-status; boundary=1763888405-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1vNABC-000abc-01@mail.example.net>
Date: Mon, 23 Nov 2026 10:00:05 +0100

--1763888405-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  lea.baumann@example.com
    host mx.example.com [192.0.2.7]
    SMTP error from remote mail server after end of data:
    552 5.2.2 Mailbox full

--1763888405-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; mail.example.net

Action: failed
Final-Recipient: rfc822;lea.baumann@example.com
Status: 5.0.0
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full

--1763888405-eximdsn-1804289383
Content-type: text/rfc822-headers

Return-path: <bounces@example.org>
Message-ID: {id}
From: Seminarhaus Aare <info@example.org>
To: lea.baumann@example.com
Subject: Ihre Buchung

--1763888405-eximdsn-1804289383--
"""

# Before it wrote reports: one text, the original below it.
EXIM_OLD = """\
Return-path: <>
X-Failed-Recipients: lea.baumann@example.com
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mail.example.net>
To: bounces@example.org
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1vNABC-000abc-02@mail.example.net>
Date: Mon, 23 Nov 2026 10:00:05 +0100

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  lea.baumann@example.com
    SMTP error from remote mail server after RCPT TO:<lea.baumann@example.com>:
    host mx.example.com [192.0.2.7]: 550 5.1.1 User unknown

------ This is a copy of the message, including all the headers. ------

Return-path: <bounces@example.org>
Message-ID: {id}
From: Seminarhaus Aare <info@example.org>
To: lea.baumann@example.com
Subject: Ihre Buchung

Guten Tag
"""

# In HTML and base64, the report with fields of its own, the original's headers only.
EXCHANGE = """\
From: <postmaster@outlook.example>
To: <bounces@example.org>
Date: Mon, 23 Nov 2026 09:00:05 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="0f1c9f5e-1d3b-4a6a-8f7e-000000000001"
X-MS-Exchange-Message-Sent-Representing-Type: 1
Content-Language: en-US
Message-ID: <5b6f0b1c-0000@outlook.example>
In-Reply-To: {id}
References: {id}
Subject: Undeliverable: Ihre Buchung
Auto-Submitted: auto-replied
MIME-Version: 1.0

--0f1c9f5e-1d3b-4a6a-8f7e-000000000001
Content-Type: multipart/alternative; boundary="alt-1"

--alt-1
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

WW91ciBtZXNzYWdlIGNvdWxkbid0IGJlIGRlbGl2ZXJlZC4K

--alt-1
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

PHA+WW91ciBtZXNzYWdlIGNvdWxkbid0IGJlIGRlbGl2ZXJlZC48L3A+Cg==

--alt-1--

--0f1c9f5e-1d3b-4a6a-8f7e-000000000001
Content-Type: message/delivery-status

Reporting-MTA: dns;ZR0P278MB0001.outlook.example
Received-From-MTA: dns;mail.example.org
Arrival-Date: Mon, 23 Nov 2026 09:00:03 +0000

Final-Recipient: rfc822;lea.baumann@example.com
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient lea.baumann@example.com not found by SMTP address lookup
X-Display-Name: lea.baumann@example.com

--0f1c9f5e-1d3b-4a6a-8f7e-000000000001
Content-Type: message/rfc822

Received: from mail.example.org (192.0.2.1) by ZR0P278MB0001.outlook.example
From: Seminarhaus Aare <info@example.org>
To: <lea.baumann@example.com>
Subject: Ihre Buchung
Message-ID: {id}
Content-Type: text/plain

--0f1c9f5e-1d3b-4a6a-8f7e-000000000001--
"""

DELAYED = POSTFIX.replace("Action: failed", "Action: delayed").replace("Status: 5.1.1", "Status: 4.4.1")
RECEIPT = POSTFIX.replace("Action: failed", "Action: delivered").replace("Status: 5.1.1", "Status: 2.0.0")

ON_HOLIDAY = """\
From: Lea Baumann <lea.baumann@example.com>
To: bounces@example.org
Subject: Abwesend: Ihre Buchung
Auto-Submitted: auto-replied
In-Reply-To: {id}
References: {id}
Content-Type: text/plain; charset=utf-8

Ich bin bis 550 Uhr nicht da.
"""


def returned(form: str, message_id: str) -> bytes:
    """The mail as it travels."""
    return form.replace("{id}", message_id).replace("\n", "\r\n").encode()
