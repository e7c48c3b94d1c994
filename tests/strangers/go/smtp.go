package main

import (
	"bytes"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Over SMTP, with what Go brings: net/smtp and crypto/tls, as their documentation has them, and a
// deadline for each step, which net/smtp leaves to its caller.
func answerOverSMTP(asked request) map[string]any {
	if asked.Action == "describe" {
		return map[string]any{
			"protocol": 1, "name": "net/smtp", "version": runtime.Version(),
			"features": []string{
				"smtp", "security:none", "security:starttls", "security:tls", "verify:false",
				"server_name", "timeout", "envelope_from", "ehlo_name",
			},
		}
	}
	if asked.Action != "send" || asked.Transport.Kind != "smtp" {
		return map[string]any{"status": "unsupported"}
	}
	if err := sendOverSMTP(asked); err != nil {
		told := map[string]any{"message": err.Error()}
		var reply *textproto.Error
		if errors.As(err, &reply) {
			told["reply_code"] = reply.Code
		}
		return map[string]any{"status": "failed", "error": told}
	}
	return map[string]any{"status": "sent"}
}

func sendOverSMTP(asked request) error {
	transport, given := asked.Transport, asked.Message
	wait := time.Duration(asked.Timeout * float64(time.Second))
	address := net.JoinHostPort(transport.Host, strconv.Itoa(transport.Port))
	dialled, err := net.DialTimeout("tcp", address, wait)
	if err != nil {
		return err
	}
	defer dialled.Close()
	step := func() { _ = dialled.SetDeadline(time.Now().Add(wait)) }
	step()
	client, err := smtp.NewClient(inTLS(dialled, transport), transport.Host)
	if err != nil {
		return err
	}
	step()
	if err := openSMTP(client, transport, step); err != nil {
		return err
	}
	from := given.From.Address
	if given.EnvelopeFrom != nil {
		from = *given.EnvelopeFrom
	}
	step()
	if err := client.Mail(from); err != nil {
		return err
	}
	for _, box := range slices.Concat(given.To, given.Cc, given.Bcc) {
		step()
		if err := client.Rcpt(box.Address); err != nil {
			return err
		}
	}
	step()
	data, err := client.Data()
	if err != nil {
		return err
	}
	step()
	if _, err := data.Write(composed(given)); err != nil {
		return err
	}
	if err := data.Close(); err != nil {
		return err
	}
	step()
	return client.Quit() // as SendMail ends
}

func openSMTP(client *smtp.Client, to transport, step func()) error {
	if to.EHLOName != "" {
		if err := client.Hello(to.EHLOName); err != nil {
			return err
		}
	}
	if to.Security == "starttls" {
		step()
		if err := client.StartTLS(trust(to)); err != nil {
			return err
		}
	}
	if to.Username == nil {
		return nil
	}
	step()
	return client.Auth(smtp.PlainAuth("", *to.Username, *to.Password, to.Host))
}

func inTLS(dialled net.Conn, to transport) net.Conn {
	if to.Security == "tls" {
		return tls.Client(dialled, trust(to))
	}
	return dialled
}

func trust(to transport) *tls.Config {
	name := to.Host
	if to.ServerName != "" {
		name = to.ServerName
	}
	return &tls.Config{ServerName: name, InsecureSkipVerify: !to.Verify}
}

func composed(given message) []byte {
	var written bytes.Buffer
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&written, "%s: %s\r\n", name, value)
		}
	}
	field("From", listed([]mailbox{given.From}))
	field("To", listed(given.To))
	field("Cc", listed(given.Cc))
	field("Reply-To", listed(given.ReplyTo))
	field("Subject", mime.QEncoding.Encode("utf-8", given.Subject))
	field("Date", time.Now().Format(time.RFC1123Z))
	field("Message-ID", "<"+rand.Text()+"@strangers.test>")
	field("MIME-Version", "1.0")
	field("Content-Type", "text/plain; charset=utf-8")
	field("Content-Transfer-Encoding", "quoted-printable")
	written.WriteString("\r\n")
	text := quotedprintable.NewWriter(&written)
	_, _ = text.Write([]byte(given.Text))
	_ = text.Close()
	return written.Bytes()
}

func listed(boxes []mailbox) string {
	return strings.Join(all(boxes, asHeader), ",\r\n ")
}

func asHeader(box mailbox) string {
	return (&mail.Address{Name: box.Name, Address: box.Address}).String()
}
