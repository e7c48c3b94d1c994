// The way from harness to the code of yours that sends mail: one request a line, one answer a line.
//
// Replace what `send` does by a call of your own code. What a request holds, and what else an
// answer can tell: `harness schema sender`, and docs/senders.md of harness.

import { createInterface } from "node:readline";
import nodemailer from "nodemailer"; // npm install nodemailer

const FEATURES = ["smtp", "security:starttls", "security:tls", "timeout"];

// The authority that signs the servers' certificates is in NODE_EXTRA_CA_CERTS already.
async function send({ transport, message, timeout }) {
  const milliseconds = timeout * 1000;
  const transporter = nodemailer.createTransport({
    host: transport.host,
    port: transport.port,
    secure: transport.security === "tls",
    requireTLS: transport.security === "starttls",
    auth: transport.username === null ? undefined : { user: transport.username, pass: transport.password },
    connectionTimeout: milliseconds,
    greetingTimeout: milliseconds,
    socketTimeout: milliseconds,
  });
  try {
    await transporter.sendMail({
      from: message.from.address,
      to: message.to.map((box) => box.address),
      subject: message.subject,
      text: message.text,
    });
  } finally {
    transporter.close();
  }
}

async function answer(request) {
  if (request.action === "describe") return { name: "my sender", features: FEATURES };
  if (request.action !== "send") return { status: "unsupported", reason: "it only sends" };
  try {
    await send(request);
  } catch (error) {
    return { status: "failed", error: { message: error.message } };
  }
  return { status: "sent" };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line))));
}
