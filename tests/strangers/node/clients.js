// The vendors' Node clients as a sender: one JSON document a line in, one a line out.
//
// Each client is used as its quick start shows, and left as it comes. What it made of the answer
// stands in `client`, beside the answer of the sender protocol: the name of the error, the status
// and code that it tells, its words. Trust is NODE_EXTRA_CA_CERTS, which Node reads by itself.
'use strict';

const readline = require('node:readline');

const octets = (file) => Buffer.from(file.content, 'base64');
const quoted = (name) => `"${name.replace(/["\\]/g, '\\$&')}"`;
const spelt = (box) => (box.name ? `${quoted(box.name)} <${box.address}>` : box.address);
const joined = (boxes) => (boxes ?? []).map(spelt).join(', ') || undefined;
const pairs = (given) => Object.entries(given ?? {});
const encoded = (box) =>
  box.name && /[^ -~]/.test(box.name)
    ? `=?UTF-8?B?${Buffer.from(box.name).toString('base64')}?= <${box.address}>`
    : spelt(box);

async function sendgrid({ credentials, base_url: origin }, given) {
  const sgMail = require('@sendgrid/mail');
  sgMail.setApiKey(credentials.api_key);
  sgMail.client.setDefaultRequest('baseUrl', origin);
  const box = ({ name, address }) => (name ? { email: address, name } : address);
  const file = (each, more) => ({
    filename: each.filename,
    type: each.content_type,
    content: each.content,
    ...more,
  });
  const [response] = await sgMail.send({
    from: box(given.from),
    to: given.to.map(box),
    cc: given.cc?.map(box),
    bcc: given.bcc?.map(box),
    replyToList: given.reply_to?.length ? given.reply_to.map(box) : undefined,
    subject: given.subject,
    text: given.text || undefined,
    html: given.html || undefined,
    headers: given.headers,
    categories: given.tags,
    customArgs: given.metadata,
    attachments: [
      ...(given.attachments ?? []).map((each) => file(each, { disposition: 'attachment' })),
      ...(given.inline ?? []).map((each) =>
        file(each, { disposition: 'inline', content_id: each.content_id })),
    ],
  });
  return response.headers['x-message-id'];
}

async function mailgun({ credentials, base_url: url, domain }, given) {
  const Mailgun = require('mailgun.js');
  const client = new Mailgun(FormData).client({ username: 'api', key: credentials.api_key, url });
  const file = (each) => ({ data: octets(each), filename: each.filename, contentType: each.content_type });
  const found = await client.messages.create(domain, {
    from: spelt(given.from),
    to: given.to.map(spelt),
    ...(given.cc && { cc: given.cc.map(spelt) }),
    ...(given.bcc && { bcc: given.bcc.map(spelt) }),
    ...(given.reply_to && { 'h:Reply-To': joined(given.reply_to) }),
    subject: given.subject,
    text: given.text,
    html: given.html,
    'o:tag': given.tags,
    ...Object.fromEntries(pairs(given.headers).map(([name, value]) => [`h:${name}`, value])),
    ...Object.fromEntries(pairs(given.metadata).map(([name, value]) => [`v:${name}`, value])),
    ...(given.attachments && { attachment: given.attachments.map(file) }),
    ...(given.inline && { inline: given.inline.map(file) }),
  });
  return found.id;
}

async function postmark({ credentials, base_url: origin }, given) {
  const { ServerClient } = require('postmark');
  const client = new ServerClient(credentials.server_token, {
    requestHost: origin.replace(/^https?:[/][/]/, ''),
    useHttps: origin.startsWith('https:'),
  });
  const file = (each, ContentID) => ({
    Name: each.filename,
    Content: each.content,
    ContentType: each.content_type,
    ContentID,
  });
  const found = await client.sendEmail({
    From: spelt(given.from),
    To: joined(given.to),
    Cc: joined(given.cc),
    Bcc: joined(given.bcc),
    ReplyTo: joined(given.reply_to),
    Subject: given.subject,
    TextBody: given.text || undefined,
    HtmlBody: given.html || undefined,
    Headers: pairs(given.headers).map(([Name, Value]) => ({ Name, Value })),
    Tag: given.tags?.[0],
    Metadata: given.metadata,
    MessageStream: given.stream,
    Attachments: [
      ...(given.attachments ?? []).map((each) => file(each, null)),
      ...(given.inline ?? []).map((each) => file(each, `cid:${each.content_id}`)),
    ],
  });
  return found.MessageID;
}

async function sparkpost({ credentials, base_url: origin }, given) {
  const SparkPost = require('sparkpost');
  const client = new SparkPost(credentials.api_key, { origin });
  const box = ({ name, address }, more) => ({ address: { email: address, name, ...more } });
  const file = (each) => ({ name: each.filename, type: each.content_type, data: each.content });
  const copies = [...(given.cc ?? []), ...(given.bcc ?? [])];
  const found = await client.transmissions.send({
    recipients: [
      ...given.to.map((each) => box(each)),
      ...copies.map((each) => box(each, { header_to: joined(given.to) })),
    ],
    metadata: given.metadata,
    content: {
      from: { email: given.from.address, name: given.from.name },
      subject: given.subject,
      reply_to: joined(given.reply_to),
      text: given.text,
      html: given.html,
      headers: { ...given.headers, ...(given.cc?.length && { CC: joined(given.cc) }) },
      attachments: given.attachments?.map(file),
      inline_images: given.inline?.map(file),
    },
  });
  return found.results.id;
}

// It hands back the error that it caught, where others throw it: whoever calls it has to look.
async function mandrill({ credentials, base_url: origin }, given) {
  const client = require('@mailchimp/mailchimp_transactional')(credentials.api_key);
  client.basePath = `${origin}/api/1.3`;
  const boxes = (type) =>
    (given[type] ?? []).map(({ name, address }) => ({ email: address, name, type }));
  const file = (each) => ({ name: each.filename, type: each.content_type, content: each.content });
  const found = await client.messages.send({
    message: {
      from_email: given.from.address,
      from_name: given.from.name,
      to: [...boxes('to'), ...boxes('cc'), ...boxes('bcc')],
      subject: given.subject,
      text: given.text,
      html: given.html,
      headers: {
        ...given.headers,
        ...(given.reply_to?.length && { 'Reply-To': joined(given.reply_to) }),
      },
      tags: given.tags,
      metadata: given.metadata,
      preserve_recipients: true,
      attachments: given.attachments?.map(file),
      images: given.inline?.map(file),
    },
  });
  if (found instanceof Error) throw found;
  const refused = found.filter((each) => ['rejected', 'invalid'].includes(each.status));
  if (refused.length === found.length) {
    const { status: name, reject_reason: code } = refused[0];
    throw Object.assign(new Error(code ?? ''), { name, code });
  }
  const taken = found.find((each) => !refused.includes(each));
  return { id: taken._id, refused: refused.map(({ email: address }) => ({ address })) };
}

async function ses({ credentials, base_url: endpoint, region, api }, given, attempts) {
  const config = {
    region,
    endpoint,
    ...(attempts && { maxAttempts: attempts }),
    credentials: {
      accessKeyId: credentials.access_key_id,
      secretAccessKey: credentials.secret_access_key,
    },
  };
  const words = (Data) => (Data ? { Data, Charset: 'UTF-8' } : undefined);
  const Body = { Text: words(given.text), Html: words(given.html) };
  const Destination = {
    ToAddresses: given.to.map(encoded),
    CcAddresses: given.cc?.map(encoded),
    BccAddresses: given.bcc?.map(encoded),
  };
  const ReplyToAddresses = given.reply_to?.map(encoded);
  const ConfigurationSetName = given.configuration_set;
  if (api === 'v1') {
    const { SESClient, SendEmailCommand } = require('@aws-sdk/client-ses');
    const found = await new SESClient(config).send(new SendEmailCommand({
      Source: encoded(given.from),
      Destination,
      ReplyToAddresses,
      ConfigurationSetName,
      Message: { Subject: words(given.subject), Body },
    }));
    return found.MessageId;
  }
  const { SESv2Client, SendEmailCommand } = require('@aws-sdk/client-sesv2');
  const file = (each, more) => ({
    FileName: each.filename,
    ContentType: each.content_type,
    RawContent: octets(each),
    ...more,
  });
  const found = await new SESv2Client(config).send(new SendEmailCommand({
    FromEmailAddress: encoded(given.from),
    Destination,
    ReplyToAddresses,
    ConfigurationSetName,
    EmailTags: pairs(given.metadata).map(([Name, Value]) => ({ Name, Value })),
    Content: {
      Simple: {
        Subject: words(given.subject),
        Body,
        Headers: pairs(given.headers).map(([Name, Value]) => ({ Name, Value })),
        Attachments: [
          ...(given.attachments ?? []).map((each) => file(each)),
          ...(given.inline ?? []).map((each) =>
            file(each, { ContentId: each.content_id, ContentDisposition: 'INLINE' })),
        ],
      },
    },
  }));
  return found.MessageId;
}

const clients = { mailgun, mandrill, postmark, sendgrid, ses, sparkpost };

function told(error) {
  const status =
    error.$metadata?.httpStatusCode ?? error.response?.status ?? error.statusCode ?? error.status;
  const body = error.response?.data ?? error.response?.body ?? error.errors ?? error.details;
  const code = error.response?.data?.code ?? error.errors?.[0]?.code ?? error.code;
  return {
    type: error.name,
    status: Number(status) || 0,
    code: String(code ?? ''),
    message: `${error.message} ${body ? JSON.stringify(body) : ''}`.trim(),
  };
}

async function answer({ action, transport, message, attempts }) {
  if (action === 'describe') {
    const features = ['headers', 'attachments', ...Object.keys(clients).map((name) => `api:${name}`)];
    return { protocol: 1, features };
  }
  const send = clients[transport.provider];
  if (!send) return { status: 'unsupported' };
  try {
    const found = await send(transport, message, attempts);
    const { id, refused = [] } = typeof found === 'object' ? found : { id: found };
    return { status: 'sent', provider_id: id, refused, client: { id } };
  } catch (error) {
    const client = told(error);
    return { status: 'failed', error: { message: `${client.type}: ${client.message}` }, client };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
  }
})();
