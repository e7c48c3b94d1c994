// Released Go clients as a sender: one JSON document a line in, one a line out.
//
// Each client is used as its quick start shows, and left as it comes. What the client made of the
// answer stands in `client`, beside the answer of the sender protocol: the type of the error, the
// status and code that it tells, its words. Trust is SSL_CERT_FILE, which Go reads by itself.
// `go-clients smtp` is Go's own net/smtp instead.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

type mailbox struct{ Name, Address string }

type file struct {
	Filename    string
	ContentType string `json:"content_type"`
	Content     []byte
	ContentID   string `json:"content_id"`
}

type message struct {
	From             mailbox
	To, Cc, Bcc      []mailbox
	ReplyTo          []mailbox `json:"reply_to"`
	Subject          string
	Text, HTML       string
	Headers          map[string]string
	Attachments      []file
	Inline           []file
	Tags             []string
	Metadata         map[string]string
	ConfigurationSet string `json:"configuration_set"`
	Stream           string
	EnvelopeFrom     *string `json:"envelope_from"`
	Gzip             bool
}

type transport struct {
	Kind, Provider, Region, Domain, API string
	BaseURL                             string `json:"base_url"`
	Credentials                         map[string]string

	Host, Security     string
	Port               int
	Username, Password *string
	Verify             bool
	ServerName         string `json:"server_name"`
	EHLOName           string `json:"ehlo_name"`
}

// Attempts is how often the client may ask; 0 is as often as it does by itself.
type request struct {
	Action    string
	Transport transport
	Message   message
	Timeout   float64
	Attempts  int
}

// What a client made of an answer.
type outcome struct {
	ID      string `json:"id,omitempty"`
	Type    string `json:"type,omitempty"`
	Status  int    `json:"status,omitempty"`
	Code    string `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

var clients = map[string]func(request) outcome{
	"mailgun":  byMailgun,
	"postmark": byPostmark,
	"sendgrid": bySendGrid,
	"ses":      bySES,
}

func main() {
	answer := answerByAPI
	if len(os.Args) > 1 && os.Args[1] == "smtp" {
		answer = answerOverSMTP
	}
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			_ = answers.Encode(failed(err.Error(), outcomeOf(err)))
			continue
		}
		_ = answers.Encode(answer(asked))
	}
}

func answerByAPI(asked request) map[string]any {
	if asked.Action == "describe" {
		features := []string{"headers", "attachments"}
		for name := range clients {
			features = append(features, "api:"+name)
		}
		return map[string]any{"protocol": 1, "features": features}
	}
	if asked.Action == "events" {
		return eventsOfMailgun(asked)
	}
	send, found := clients[asked.Transport.Provider]
	if !found {
		return map[string]any{"status": "unsupported"}
	}
	told := send(asked)
	if told.Type != "" {
		return failed(strings.TrimSpace(told.Type+": "+told.Message), told)
	}
	return map[string]any{"status": "sent", "provider_id": told.ID, "client": told}
}

func failed(words string, told outcome) map[string]any {
	return map[string]any{"status": "failed", "error": map[string]any{"message": words}, "client": told}
}

// What an error says that has no more to it than its type and its words.
func outcomeOf(err error) outcome {
	return outcome{Type: strings.TrimPrefix(fmt.Sprintf("%T", err), "*"), Message: err.Error()}
}
