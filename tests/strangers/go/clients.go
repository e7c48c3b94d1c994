package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ses"
	ses1 "github.com/aws/aws-sdk-go-v2/service/ses/types"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	ses2 "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
	"github.com/mailgun/mailgun-go/v5"
	"github.com/mailgun/mailgun-go/v5/events"
	"github.com/mrz1836/postmark"
	"github.com/sendgrid/sendgrid-go"
	sendgridmail "github.com/sendgrid/sendgrid-go/helpers/mail"
)

func byMailgun(asked request) outcome {
	client := mailgun.NewMailgun(asked.Transport.Credentials["api_key"])
	if err := client.SetAPIBase(asked.Transport.BaseURL); err != nil {
		return outcomeOf(err)
	}
	given := asked.Message
	letter := mailgun.NewMessage(
		asked.Transport.Domain, spelt(given.From), given.Subject, given.Text, all(given.To, spelt)...)
	letter.SetHTML(given.HTML)
	for _, box := range given.Cc {
		letter.AddCC(spelt(box))
	}
	for _, box := range given.Bcc {
		letter.AddBCC(spelt(box))
	}
	if len(given.ReplyTo) > 0 {
		letter.SetReplyTo(joined(given.ReplyTo))
	}
	for name, value := range given.Headers {
		letter.AddHeader(name, value)
	}
	for name, value := range given.Metadata {
		_ = letter.AddVariable(name, value)
	}
	for _, tag := range given.Tags {
		if err := letter.AddTag(tag); err != nil {
			return outcomeOf(err)
		}
	}
	for _, each := range given.Attachments {
		letter.AddBufferAttachment(each.Filename, each.Content)
	}
	for _, each := range given.Inline {
		letter.AddReaderInline(each.Filename, reader(each.Content))
	}
	found, err := client.Send(context.Background(), letter)
	if err != nil {
		told := outcomeOf(err)
		var refused *mailgun.UnexpectedResponseError
		if errors.As(err, &refused) {
			told.Type, told.Status = "mailgun.UnexpectedResponseError", refused.Actual
			told.Message = string(refused.Data)
		}
		return told
	}
	return outcome{ID: found.ID}
}

// What its iterator reads, page by page, of the events of a domain, and the stored message of the
// first: it asks wherever the answers say.
func eventsOfMailgun(asked request) map[string]any {
	client := mailgun.NewMailgun(asked.Transport.Credentials["api_key"])
	if err := client.SetAPIBase(asked.Transport.BaseURL); err != nil {
		return map[string]any{"error": err.Error()}
	}
	asking := context.Background()
	pages := client.ListEvents(asked.Transport.Domain, &mailgun.ListEventOptions{Limit: 1})
	read, stored := []any{}, ""
	for page := []events.Event{}; pages.Next(asking, &page); {
		for _, each := range page {
			switch event := each.(type) {
			case *events.Accepted:
				read = append(read, []any{event.GetName(), event.Recipient, event.Tags})
				if stored == "" {
					found, err := client.GetStoredMessage(asking, event.Storage.URL)
					stored = fmt.Sprint(found.Subject, err)
				}
			case *events.Failed:
				read = append(read, []any{event.GetName(), event.Recipient, event.Severity})
			}
		}
	}
	return map[string]any{"events": read, "stored": stored, "error": fmt.Sprint(pages.Err())}
}

func byPostmark(asked request) outcome {
	client := postmark.NewClient(asked.Transport.Credentials["server_token"], "")
	client.BaseURL = asked.Transport.BaseURL
	given := asked.Message
	letter := postmark.Email{
		From: spelt(given.From), To: joined(given.To), Cc: joined(given.Cc), Bcc: joined(given.Bcc),
		ReplyTo: joined(given.ReplyTo), Subject: given.Subject, TextBody: given.Text,
		HTMLBody: given.HTML, Metadata: given.Metadata, MessageStream: given.Stream,
		Tag: strings.Join(given.Tags, " "),
	}
	for name, value := range given.Headers {
		letter.Headers = append(letter.Headers, postmark.Header{Name: name, Value: value})
	}
	for _, each := range append(given.Attachments, given.Inline...) {
		attachment := postmark.Attachment{
			Name: each.Filename, Content: encoded(each.Content), ContentType: each.ContentType,
		}
		if each.ContentID != "" {
			attachment.ContentID = "cid:" + each.ContentID
		}
		letter.Attachments = append(letter.Attachments, attachment)
	}
	found, err := client.SendEmail(context.Background(), letter)
	if err != nil {
		told := outcomeOf(err)
		var refused postmark.APIError
		if errors.As(err, &refused) {
			told.Code = fmt.Sprint(refused.ErrorCode)
		}
		return told
	}
	return outcome{ID: found.MessageID}
}

// It makes no error of a refusal: whoever calls it has to look at the status.
func bySendGrid(asked request) outcome {
	given := asked.Message
	letter := sendgridmail.NewV3Mail()
	letter.SetFrom(sendgridmail.NewEmail(given.From.Name, given.From.Address))
	letter.Subject = given.Subject
	to := sendgridmail.NewPersonalization()
	to.AddTos(all(given.To, sendgridBox)...)
	to.AddCCs(all(given.Cc, sendgridBox)...)
	to.AddBCCs(all(given.Bcc, sendgridBox)...)
	letter.AddPersonalizations(to)
	if given.Text != "" {
		letter.AddContent(sendgridmail.NewContent("text/plain", given.Text))
	}
	if given.HTML != "" {
		letter.AddContent(sendgridmail.NewContent("text/html", given.HTML))
	}
	if len(given.ReplyTo) > 0 {
		letter.SetReplyToList(all(given.ReplyTo, sendgridBox))
	}
	for name, value := range given.Headers {
		letter.SetHeader(name, value)
	}
	for name, value := range given.Metadata {
		letter.SetCustomArg(name, value)
	}
	letter.AddCategories(given.Tags...)
	for _, each := range given.Attachments {
		letter.AddAttachment(sendgridFile(each))
	}
	for _, each := range given.Inline {
		inline := sendgridFile(each).SetDisposition("inline").SetContentID(each.ContentID)
		letter.AddAttachment(inline)
	}
	ask := sendgrid.GetRequest(
		asked.Transport.Credentials["api_key"], "/v3/mail/send", asked.Transport.BaseURL)
	ask.Method = "POST"
	if given.Gzip {
		ask.Headers["Content-Encoding"] = "gzip"
	}
	found, err := (&sendgrid.Client{Request: ask}).Send(letter)
	if err != nil {
		return outcomeOf(err)
	}
	if found.StatusCode >= 300 {
		return outcome{Type: "rest.Response", Status: found.StatusCode, Message: found.Body}
	}
	return outcome{ID: strings.Join(found.Headers["X-Message-Id"], "")}
}

func bySES(asked request) outcome {
	config := aws.Config{
		Region:           asked.Transport.Region,
		BaseEndpoint:     &asked.Transport.BaseURL,
		RetryMaxAttempts: asked.Attempts,
		Credentials: aws.CredentialsProviderFunc(
			func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{
					AccessKeyID:     asked.Transport.Credentials["access_key_id"],
					SecretAccessKey: asked.Transport.Credentials["secret_access_key"],
				}, nil
			}),
	}
	if asked.Transport.API == "v1" {
		return bySES1(ses.NewFromConfig(config), asked.Message)
	}
	return bySES2(sesv2.NewFromConfig(config), asked.Message)
}

func bySES1(client *ses.Client, given message) outcome {
	words := func(text string) *ses1.Content {
		if text == "" {
			return nil
		}
		return &ses1.Content{Data: &text, Charset: aws.String("UTF-8")}
	}
	found, err := client.SendEmail(context.Background(), &ses.SendEmailInput{
		Source: aws.String(encodedBox(given.From)),
		Destination: &ses1.Destination{
			ToAddresses:  all(given.To, encodedBox),
			CcAddresses:  all(given.Cc, encodedBox),
			BccAddresses: all(given.Bcc, encodedBox),
		},
		ReplyToAddresses: all(given.ReplyTo, encodedBox),
		Message: &ses1.Message{
			Subject: words(given.Subject),
			Body:    &ses1.Body{Text: words(given.Text), Html: words(given.HTML)},
		},
		ConfigurationSetName: optional(given.ConfigurationSet),
	})
	if err != nil {
		return ofAWS(err)
	}
	return outcome{ID: aws.ToString(found.MessageId)}
}

func bySES2(client *sesv2.Client, given message) outcome {
	words := func(text string) *ses2.Content {
		if text == "" {
			return nil
		}
		return &ses2.Content{Data: &text, Charset: aws.String("UTF-8")}
	}
	simple := ses2.Message{
		Subject: words(given.Subject),
		Body:    &ses2.Body{Text: words(given.Text), Html: words(given.HTML)},
	}
	for name, value := range given.Headers {
		header := ses2.MessageHeader{Name: aws.String(name), Value: aws.String(value)}
		simple.Headers = append(simple.Headers, header)
	}
	for _, each := range given.Attachments {
		simple.Attachments = append(simple.Attachments, ses2.Attachment{
			FileName: &each.Filename, ContentType: &each.ContentType, RawContent: each.Content,
		})
	}
	for _, each := range given.Inline {
		simple.Attachments = append(simple.Attachments, ses2.Attachment{
			FileName: &each.Filename, ContentType: &each.ContentType, RawContent: each.Content,
			ContentId: &each.ContentID, ContentDisposition: ses2.AttachmentContentDispositionInline,
		})
	}
	asked := &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(encodedBox(given.From)),
		Destination: &ses2.Destination{
			ToAddresses:  all(given.To, encodedBox),
			CcAddresses:  all(given.Cc, encodedBox),
			BccAddresses: all(given.Bcc, encodedBox),
		},
		ReplyToAddresses:     all(given.ReplyTo, encodedBox),
		Content:              &ses2.EmailContent{Simple: &simple},
		ConfigurationSetName: optional(given.ConfigurationSet),
	}
	for name, value := range given.Metadata {
		tag := ses2.MessageTag{Name: aws.String(name), Value: aws.String(value)}
		asked.EmailTags = append(asked.EmailTags, tag)
	}
	found, err := client.SendEmail(context.Background(), asked)
	if err != nil {
		return ofAWS(err)
	}
	return outcome{ID: aws.ToString(found.MessageId)}
}

// The type that the SDK made of the code, without the operation that it is wrapped in.
func ofAWS(err error) outcome {
	told := outcomeOf(err)
	var refused smithy.APIError
	if errors.As(err, &refused) {
		told = outcomeOf(refused)
		told.Code, told.Message = refused.ErrorCode(), refused.ErrorMessage()
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		told.Status = response.HTTPStatusCode()
	}
	return told
}

func all[T any](boxes []mailbox, form func(mailbox) T) []T {
	var made []T
	for _, box := range boxes {
		made = append(made, form(box))
	}
	return made
}

func spelt(box mailbox) string {
	if box.Name == "" {
		return box.Address
	}
	return fmt.Sprintf("%q <%s>", box.Name, box.Address)
}

// As Amazon's pages ask: a name beyond ASCII in encoded words (RFC 2047).
func encodedBox(box mailbox) string {
	if box.Name == "" {
		return box.Address
	}
	return (&mail.Address{Name: box.Name, Address: box.Address}).String()
}

func joined(boxes []mailbox) string { return strings.Join(all(boxes, spelt), ", ") }

func sendgridBox(box mailbox) *sendgridmail.Email {
	return sendgridmail.NewEmail(box.Name, box.Address)
}

func sendgridFile(each file) *sendgridmail.Attachment {
	made := sendgridmail.NewAttachment().SetFilename(each.Filename).SetType(each.ContentType)
	return made.SetContent(encoded(each.Content)).SetDisposition("attachment")
}

func encoded(octets []byte) string { return base64.StdEncoding.EncodeToString(octets) }

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func reader(octets []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(octets)) }
