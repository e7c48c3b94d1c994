// Senders on nodemailer's connection, one request a line and one answer a line: `node senders.cjs NAME`.
//
// `OnNodemailer` is what somebody makes of it who has read its documentation. Every other class is
// wrong in one thing; what convicts it stands in lineage_node.py, under the same name.

"use strict";

const { createInterface } = require("node:readline");
const { readFileSync } = require("node:fs");
const SMTPConnection = require("nodemailer/lib/smtp-connection");
const MailComposer = require("nodemailer/lib/mail-composer");

const FEATURES = [
  "smtp", "security:none", "security:starttls", "security:tls", "verify:false", "server_name",
  "timeout", "attachments", "headers", "envelope_from", "ehlo_name",
];

// What nodemailer calls an error, and what that is called in an answer.
const CLASSES = {
  EAUTH: { phase: "auth", class: "auth-rejected" },
  EDNS: { phase: "dns", class: "name-not-found" },
  ECONNREFUSED: { phase: "connect", class: "connection-refused" },
  CERT_HAS_EXPIRED: { phase: "tls", class: "certificate-expired" },
};
const COMMANDS = { "MAIL FROM": "mail", "RCPT TO": "rcpt", DATA: "end-of-data", STARTTLS: "starttls" };

class OnNodemailer {
  Connection = SMTPConnection;

  constructor(request) {
    this.request = request;
    this.transport = request.transport;
  }

  async answer() {
    try {
      return { status: "sent", ...(await this.send()) };
    } catch (error) {
      return { status: "failed", error: this.told(error) };
    }
  }

  async send() {
    const message = await this.message();
    const connection = new this.Connection(this.options());
    try {
      await this.connect(connection);
      await this.logIn(connection);
      return this.sent(await this.handOver(connection, message));
    } finally {
      this.leave(connection);
    }
  }

  options() {
    const milliseconds = this.request.timeout * 1000;
    return {
      host: this.transport.host,
      port: this.transport.port,
      name: this.transport.ehlo_name || "localhost",
      secure: this.transport.security === "tls",
      requireTLS: this.transport.security === "starttls",
      ignoreTLS: this.transport.security === "none",
      connectionTimeout: milliseconds,
      greetingTimeout: milliseconds,
      socketTimeout: milliseconds,
      dnsTimeout: milliseconds,
      tls: this.tls(),
    };
  }

  tls() {
    const tls = { ca: readFileSync(this.request.trust.ca_file), minVersion: "TLSv1.2" };
    if (this.transport.server_name) tls.servername = this.transport.server_name;
    return { ...tls, rejectUnauthorized: this.transport.verify !== false };
  }

  connect(connection) {
    return new Promise((resolve, reject) => {
      connection.once("error", reject);
      connection.once("end", () => reject(new Error("the connection ended")));
      connection.connect(resolve);
    });
  }

  logIn(connection) {
    const { username, password } = this.transport;
    if (!username) return undefined;
    return called(connection, (done) => connection.login(this.credentials(username, password), done));
  }

  credentials(username, password) {
    return { user: username, pass: password };
  }

  async handOver(connection, message) {
    return called(connection, (done) => connection.send(this.envelope(message), message, done));
  }

  envelope(message) {
    const { envelope_from: sender, from, to, cc, bcc } = this.request.message;
    const boxes = [...to, ...(cc || []), ...(bcc || [])];
    return {
      from: sender === null || sender === undefined ? from.address : sender,
      to: boxes.map((box) => box.address),
      size: message.length,
    };
  }

  leave(connection) {
    connection.once("error", () => {});
    connection.quit();
  }

  message() {
    return new MailComposer(this.mail()).compile().build();
  }

  mail() {
    const { from, to, cc, subject, text, html, headers, reply_to: replyTo, attachments } =
      this.request.message;
    return {
      from: box(from),
      to: to.map(box),
      cc: (cc || []).map(box),
      replyTo: (replyTo || []).map(box),
      subject: subject || "",
      text: text || "",
      html: html === null ? undefined : html,
      headers: headers || {},
      attachments: (attachments || []).map((part) => ({
        filename: part.filename,
        contentType: part.content_type,
        content: Buffer.from(part.content, "base64"),
      })),
      disableFileAccess: true,
      disableUrlAccess: true,
    };
  }

  sent(info) {
    const refused = (info.rejectedErrors || []).map((error) => ({
      address: error.recipient,
      reply_code: error.responseCode,
      message: error.response,
    }));
    return { final_reply: info.response.trim(), refused };
  }

  told(error) {
    const known = CLASSES[error.code] || CLASSES[error.originalCode] || {};
    const said = { ...known, message: this.words(error) };
    if (COMMANDS[error.command] && !said.phase) said.phase = COMMANDS[error.command];
    if (error.responseCode) {
      said.reply_code = error.responseCode;
      said.temporary = error.responseCode < 500;
    }
    return said;
  }

  words(error) {
    return `${this.transport.host}:${this.transport.port}: ${error.message}`;
  }
}

function box(asked) {
  return { name: asked.name || "", address: asked.address };
}

/** What a call gives, or the error that the connection has meanwhile. */
function called(connection, call) {
  return new Promise((resolve, reject) => {
    connection.once("error", reject);
    connection.once("end", () => reject(new Error("the connection ended")));
    call((error, result) => (error ? reject(error) : resolve(result)));
  });
}

// Wrong in one thing each.

const WRONG = {
  OnNodemailer,

  /** Leaves `requireTLS` out: nodemailer upgrades where it is offered. */
  UpgradesIfOffered: class extends OnNodemailer {
    options() {
      return { ...super.options(), requireTLS: false };
    }
  },

  /** `opportunisticTLS: true`, which goes on in clear where STARTTLS is refused. */
  IsOpportunistic: class extends OnNodemailer {
    options() {
      return { ...super.options(), requireTLS: false, opportunisticTLS: true };
    }
  },

  /** `tls: { rejectUnauthorized: false }`, from an answer on the web. */
  RejectsNobody: class extends OnNodemailer {
    tls() {
      return { ...super.tls(), rejectUnauthorized: false };
    }
  },

  /** Has a `checkServerIdentity` that finds nothing wrong. */
  IdentifiesNobody: class extends OnNodemailer {
    tls() {
      return { ...super.tls(), checkServerIdentity: () => undefined };
    }
  },

  /** Trusts the authorities that Node brings, and not the one that it was told of. */
  TrustsWhatNodeBrings: class extends OnNodemailer {
    tls() {
      const { ca, ...tls } = super.tls();
      return tls;
    }
  },

  /** Verifies whatever it was told. */
  RejectsAnyway: class extends OnNodemailer {
    tls() {
      return { ...super.tls(), rejectUnauthorized: true };
    }
  },

  /** Takes every version of TLS that there ever was. */
  SpeaksTls1: class extends OnNodemailer {
    tls() {
      return { ...super.tls(), minVersion: "TLSv1", ciphers: "DEFAULT:@SECLEVEL=0" };
    }
  },

  /** Verifies the host that it connects to, though another name was configured. */
  IgnoresTheServerName: class extends OnNodemailer {
    tls() {
      return { ...super.tls(), servername: undefined };
    }
  },

  /** Encrypts in cleartext mode, since it is offered. */
  EncryptsUnasked: class extends OnNodemailer {
    options() {
      return { ...super.options(), ignoreTLS: false };
    }
  },

  /** Sends without being logged in where the log-in fails. */
  SendsAsNobody: class extends OnNodemailer {
    async logIn(connection) {
      try {
        await super.logIn(connection);
      } catch (error) {
        if (error.code !== "EAUTH") throw error;
      }
    }
  },

  /** Names the mechanism itself: PLAIN. */
  AsksForPlain: class extends OnNodemailer {
    credentials(username, password) {
      return { ...super.credentials(username, password), method: "PLAIN" };
    }
  },

  /** Puts the options of the transport into the words of an error. */
  DumpsItsOptions: class extends OnNodemailer {
    words(error) {
      return `${super.words(error)} ${JSON.stringify(this.transport)}`;
    }
  },

  /** Does not look at what the server says of the message. */
  IgnoresTheLastReply: class extends OnNodemailer {
    async handOver(connection, message) {
      try {
        return await super.handOver(connection, message);
      } catch (error) {
        if (error.code !== "EMESSAGE") throw error;
        return { response: "250 sent" };
      }
    }
  },

  /** Takes an event `error` for what comes after all is done, and forgets it. */
  LosesItsErrors: class extends OnNodemailer {
    async answer() {
      const answer = await super.answer();
      return answer.status === "failed" ? { status: "sent" } : answer;
    }
  },

  /** Says nothing of recipients who were refused. */
  CountsTheAcceptedAlone: class extends OnNodemailer {
    sent(info) {
      return { ...super.sent(info), refused: [] };
    }
  },

  /** Has every promise awaited twice: two messages go out. */
  RunsTwice: class extends OnNodemailer {
    async send() {
      await super.send();
      return super.send();
    }
  },

  /** Sets no time-outs; nodemailer's own are minutes. */
  LeavesTheTimeouts: class extends OnNodemailer {
    options() {
      const options = super.options();
      for (const name of Object.keys(options)) {
        if (name.endsWith("Timeout")) options[name] = 600000;
      }
      return options;
    }
  },

  /** Shows blind copies in the header. */
  PrintsBcc: class extends OnNodemailer {
    async message() {
      const message = await super.message();
      const bcc = (this.request.message.bcc || []).map((each) => each.address).join(", ");
      return Buffer.concat([Buffer.from(bcc ? `Bcc: ${bcc}\r\n` : ""), message]);
    }
  },

  /** Writes the subject into the head as it is. */
  PastesTheSubject: class extends OnNodemailer {
    mail() {
      return { ...super.mail(), subject: undefined };
    }

    async message() {
      const subject = `Subject: ${this.request.message.subject}\r\n`;
      return Buffer.concat([Buffer.from(subject), await super.message()]);
    }
  },

  /** Writes the message to the socket past nodemailer's stream, and so no dot is doubled. */
  WritesToTheSocket: class extends OnNodemailer {
    Connection = class extends SMTPConnection {
      _createSendStream(callback) {
        const stream = super._createSendStream(callback);
        const write = stream.push.bind(stream);
        stream.push = (chunk) =>
          write(chunk && Buffer.from(chunk.toString("latin1").replace(/\r\n\.\./g, "\r\n."), "latin1"));
        return stream;
      }
    };
  },

  /** Hands over the address alone. */
  ForgetsNames: class extends OnNodemailer {
    mail() {
      return { ...super.mail(), from: this.request.message.from.address };
    }
  },

  /** Means to try again whatever the code. */
  AlwaysTriesAgain: class extends OnNodemailer {
    told(error) {
      return { ...super.told(error), temporary: true };
    }
  },

  /** Says what nodemailer calls it, and not what the server said. */
  SaysTheCodeAlone: class extends OnNodemailer {
    words(error) {
      return error.code || "error";
    }
  },

  /** Blames the server for what has to do with the certificate. */
  CallsEverythingADeadLine: class extends OnNodemailer {
    told(error) {
      return { ...super.told(error), phase: "connect", class: "connection-refused" };
    }
  },
};

async function answered(request) {
  if (request.action === "describe") return { name: process.argv[2], version: "1", features: FEATURES };
  if (request.action !== "send" || request.transport.kind !== "smtp") {
    return { status: "unsupported", reason: "this sender only sends by SMTP" };
  }
  return new WRONG[process.argv[2]](request).answer();
}

// A connection that was given up may still tell of its end.
process.on("uncaughtException", (error) => console.error(error));

(async () => {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answered(JSON.parse(line))));
  }
})();
