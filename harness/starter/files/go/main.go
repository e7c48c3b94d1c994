// The way from harness to the code of yours that sends mail: one request a line, one answer a line.
//
// Replace what send does by a call of your own code. What a request holds, and what else an answer
// can tell: `harness schema sender`, and docs/senders.md of harness.
package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"strconv"
	"strings"
	"time"
)

type mailbox struct{ Address string }

type request struct {
	Action    string
	Timeout   float64
	Transport struct {
		Host, Security     string
		Port               int
		Username, Password *string
	}
	Message struct {
		From          mailbox
		To            []mailbox
		Subject, Text string
	}
}

type object map[string]any

var features = []string{"smtp", "security:starttls", "security:tls"}

// The authority that signs the servers' certificates is in SSL_CERT_FILE, which Go reads by itself.
func send(asked request) error {
	transport, message := asked.Transport, asked.Message
	wait := time.Duration(asked.Timeout * float64(time.Second))
	address := net.JoinHostPort(transport.Host, strconv.Itoa(transport.Port))
	connection, err := net.DialTimeout("tcp", address, wait)
	if err != nil {
		return err
	}
	defer connection.Close()
	// One limit for all of it: net/smtp has none for each reply.
	connection.SetDeadline(time.Now().Add(4 * wait))
	trust := &tls.Config{ServerName: transport.Host}
	if transport.Security == "tls" {
		connection = tls.Client(connection, trust)
	}
	client, err := smtp.NewClient(connection, transport.Host)
	if err != nil {
		return err
	}
	if transport.Security == "starttls" {
		if err := client.StartTLS(trust); err != nil {
			return err
		}
	}
	if transport.Username != nil {
		account := smtp.PlainAuth("", *transport.Username, *transport.Password, transport.Host)
		if err := client.Auth(account); err != nil {
			return err
		}
	}
	if err := client.Mail(message.From.Address); err != nil {
		return err
	}
	var to []string
	for _, box := range message.To {
		if err := client.Rcpt(box.Address); err != nil {
			return err
		}
		to = append(to, box.Address)
	}
	body, err := client.Data()
	if err != nil {
		return err
	}
	lines := []string{
		"From: " + message.From.Address,
		"To: " + strings.Join(to, ", "),
		"Subject: " + message.Subject,
		"",
		strings.ReplaceAll(message.Text, "\n", "\r\n"),
	}
	if _, err := body.Write([]byte(strings.Join(lines, "\r\n"))); err != nil {
		return err
	}
	if err := body.Close(); err != nil {
		return err
	}
	client.Quit() // whatever is said to it, the message was taken
	return nil
}

func answer(asked request) object {
	switch asked.Action {
	case "describe":
		return object{"name": "my sender", "features": features}
	case "send":
		if err := send(asked); err != nil {
			return object{"status": "failed", "error": object{"message": err.Error()}}
		}
		return object{"status": "sent"}
	}
	return object{"status": "unsupported", "reason": "it only sends"}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var asked request
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		told, _ := json.Marshal(answer(asked))
		fmt.Println(string(told))
	}
}
