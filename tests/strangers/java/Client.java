import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * The JDK's own HTTP client as a sender: one JSON document a line in, one a line out.
 *
 * <p>It is left as it comes, so that its first request in clear offers an upgrade to HTTP/2 (h2c).
 * Trust is the trust store of JAVA_TOOL_OPTIONS. What came back stands in {@code client}, beside the
 * answer of the sender protocol.
 */
public class Client {
    private static final Gson GSON = new Gson();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final List<String> PROVIDERS =
            List.of("mailgun", "mandrill", "postmark", "sendgrid", "sparkpost");

    /** What to ask, and where the id stands in the answer. */
    private record Asked(HttpRequest.Builder request, String id) {}

    public static void main(String[] words) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            out.println(GSON.toJson(answer(GSON.fromJson(line, JsonObject.class))));
        }
    }

    private static Object answer(JsonObject request) {
        if (request.get("action").getAsString().equals("describe")) {
            var features = new ArrayList<>(List.of("headers", "attachments"));
            PROVIDERS.forEach(name -> features.add("api:" + name));
            return Map.of("protocol", 1, "features", features);
        }
        var transport = request.getAsJsonObject("transport");
        if (!PROVIDERS.contains(text(transport, "provider"))) {
            return Map.of("status", "unsupported");
        }
        try {
            var asked = asked(transport, request.getAsJsonObject("message"));
            var got = HTTP.send(asked.request.build(), HttpResponse.BodyHandlers.ofString());
            return read(asked, got);
        } catch (IOException | InterruptedException | RuntimeException problem) {
            return failed(problem.getClass().getSimpleName(), 0, String.valueOf(problem.getMessage()));
        }
    }

    private static Object read(Asked asked, HttpResponse<String> got) {
        if (got.statusCode() >= 300) {
            return failed("HttpResponse", got.statusCode(), got.body());
        }
        if (asked.id.startsWith("header ")) {
            return sent(got.headers().firstValue(asked.id.substring(7)).orElse(""));
        }
        JsonElement found = GSON.fromJson(got.body(), JsonElement.class);
        if (found.isJsonArray()) {
            return readEach(found.getAsJsonArray(), got);
        }
        for (String step : asked.id.split(" ")) {
            found = found.getAsJsonObject().get(step);
        }
        return sent(found.getAsString());
    }

    /** Mandrill's array: an object for each recipient. */
    private static Object readEach(JsonArray recipients, HttpResponse<String> got) {
        String id = "";
        var refused = new JsonArray();
        for (JsonElement each : recipients) {
            var recipient = each.getAsJsonObject();
            if (List.of("rejected", "invalid").contains(text(recipient, "status"))) {
                refused.add(object("address", text(recipient, "email")));
            } else {
                id = text(recipient, "_id");
            }
        }
        if (id.isEmpty()) {
            return failed("HttpResponse", got.statusCode(), got.body());
        }
        return Map.of("status", "sent", "provider_id", id, "refused", refused, "client", Map.of("id", id));
    }

    private static Object sent(String id) {
        return Map.of("status", "sent", "provider_id", id, "client", Map.of("id", id));
    }

    private static Object failed(String type, int status, String words) {
        return Map.of(
                "status", "failed",
                "error", Map.of("message", type + " " + status + ": " + words),
                "client", Map.of("type", type, "status", status, "message", words));
    }

    private static Asked asked(JsonObject transport, JsonObject message) {
        String origin = text(transport, "base_url");
        var keys = transport.getAsJsonObject("credentials");
        String key = text(keys, "api_key");
        switch (text(transport, "provider")) {
            case "sendgrid":
                return new Asked(
                        json(origin + "/v3/mail/send", sendgrid(message))
                                .header("Authorization", "Bearer " + key),
                        "header x-message-id");
            case "postmark":
                return new Asked(
                        json(origin + "/email", postmark(message))
                                .header("X-Postmark-Server-Token", text(keys, "server_token")),
                        "MessageID");
            case "sparkpost":
                return new Asked(
                        json(origin + "/api/v1/transmissions", sparkpost(message))
                                .header("Authorization", key),
                        "results id");
            case "mandrill":
                return new Asked(
                        json(
                                origin + "/api/1.0/messages/send",
                                Map.of("key", key, "message", mandrill(message))),
                        "_id");
            default:
                String pair = Base64.getEncoder().encodeToString(("api:" + key).getBytes(StandardCharsets.UTF_8));
                return new Asked(
                        to(origin + "/v3/" + text(transport, "domain") + "/messages")
                                .header("Authorization", "Basic " + pair)
                                .header("Content-Type", "application/x-www-form-urlencoded")
                                .POST(BodyPublishers.ofString(mailgun(message))),
                        "id");
        }
    }

    private static HttpRequest.Builder json(String url, Object body) {
        return to(url)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(BodyPublishers.ofString(GSON.toJson(body)));
    }

    private static HttpRequest.Builder to(String url) {
        return HttpRequest.newBuilder(URI.create(url));
    }

    private static JsonObject sendgrid(JsonObject message) {
        var people = new JsonObject();
        for (String part : List.of("to", "cc", "bcc")) {
            put(people, part, each(message, part, Client::sendgridBox));
        }
        var body = new JsonObject();
        body.add("personalizations", array(List.of(people)));
        body.add("from", sendgridBox(message.getAsJsonObject("from")));
        put(body, "reply_to_list", each(message, "reply_to", Client::sendgridBox));
        body.addProperty("subject", text(message, "subject"));
        var content = new ArrayList<JsonObject>();
        for (String part : List.of("text", "html")) {
            if (!text(message, part).isEmpty()) {
                var kind = part.equals("text") ? "text/plain" : "text/html";
                content.add(object("type", kind, "value", text(message, part)));
            }
        }
        body.add("content", array(content));
        body.add("headers", headers(message));
        var files = each(message, "attachments", file -> file(file, "filename", "content", "type"));
        for (JsonObject file : files(message, "inline")) {
            var inline = file(file, "filename", "content", "type");
            inline.addProperty("disposition", "inline");
            inline.addProperty("content_id", text(file, "content_id"));
            files.add(inline);
        }
        put(body, "attachments", files);
        return body;
    }

    private static JsonObject sendgridBox(JsonObject box) {
        var made = object("email", text(box, "address"));
        if (!text(box, "name").isEmpty()) {
            made.addProperty("name", text(box, "name"));
        }
        return made;
    }

    private static JsonObject postmark(JsonObject message) {
        var body = object("From", spelt(message.getAsJsonObject("from")), "Subject", text(message, "subject"));
        Map.of("To", "to", "Cc", "cc", "Bcc", "bcc", "ReplyTo", "reply_to")
                .forEach((name, part) -> putText(body, name, joined(message, part)));
        putText(body, "TextBody", text(message, "text"));
        putText(body, "HtmlBody", text(message, "html"));
        var headers = new ArrayList<JsonObject>();
        headers(message).entrySet().forEach(
                pair -> headers.add(object("Name", pair.getKey(), "Value", pair.getValue().getAsString())));
        put(body, "Headers", headers);
        var files = each(message, "attachments", file -> file(file, "Name", "Content", "ContentType"));
        for (JsonObject file : files(message, "inline")) {
            var inline = file(file, "Name", "Content", "ContentType");
            inline.addProperty("ContentID", "cid:" + text(file, "content_id"));
            files.add(inline);
        }
        put(body, "Attachments", files);
        return body;
    }

    private static JsonObject sparkpost(JsonObject message) {
        var people = new ArrayList<JsonObject>();
        for (String part : List.of("to", "cc", "bcc")) {
            for (JsonObject box : files(message, part)) {
                var address = sendgridBox(box);
                if (!part.equals("to")) {
                    address.addProperty("header_to", joined(message, "to"));
                }
                var recipient = new JsonObject();
                recipient.add("address", address);
                people.add(recipient);
            }
        }
        var content = object("subject", text(message, "subject"));
        content.add("from", sendgridBox(message.getAsJsonObject("from")));
        putText(content, "reply_to", joined(message, "reply_to"));
        putText(content, "text", text(message, "text"));
        putText(content, "html", text(message, "html"));
        var headers = headers(message);
        if (!joined(message, "cc").isEmpty()) {
            headers.addProperty("CC", joined(message, "cc"));
        }
        content.add("headers", headers);
        put(content, "attachments", each(message, "attachments", file -> file(file, "name", "data", "type")));
        put(content, "inline_images", each(message, "inline", file -> file(file, "name", "data", "type")));
        var body = new JsonObject();
        body.add("recipients", array(people));
        body.add("content", content);
        return body;
    }

    private static JsonObject mandrill(JsonObject message) {
        var from = message.getAsJsonObject("from");
        var body = object(
                "from_email", text(from, "address"),
                "from_name", text(from, "name"),
                "subject", text(message, "subject"),
                "text", text(message, "text"),
                "html", text(message, "html"));
        var people = new ArrayList<JsonObject>();
        for (String part : List.of("to", "cc", "bcc")) {
            for (JsonObject box : files(message, part)) {
                people.add(object("email", text(box, "address"), "name", text(box, "name"), "type", part));
            }
        }
        body.add("to", array(people));
        var headers = headers(message);
        if (!joined(message, "reply_to").isEmpty()) {
            headers.addProperty("Reply-To", joined(message, "reply_to"));
        }
        body.add("headers", headers);
        body.addProperty("preserve_recipients", true);
        put(body, "attachments", each(message, "attachments", file -> file(file, "name", "content", "type")));
        put(body, "images", each(message, "inline", file -> file(file, "name", "content", "type")));
        return body;
    }

    /** A form without files: those need a multipart writer, which the JDK has not. */
    private static String mailgun(JsonObject message) {
        var pairs = new ArrayList<String>();
        field(pairs, "from", spelt(message.getAsJsonObject("from")));
        for (String part : List.of("to", "cc", "bcc")) {
            field(pairs, part, joined(message, part));
        }
        field(pairs, "h:Reply-To", joined(message, "reply_to"));
        for (String part : List.of("subject", "text", "html")) {
            field(pairs, part, text(message, part));
        }
        headers(message).entrySet().forEach(pair -> field(pairs, "h:" + pair.getKey(), pair.getValue().getAsString()));
        return String.join("&", pairs);
    }

    private static void field(List<String> pairs, String name, String value) {
        if (!value.isEmpty()) {
            pairs.add(URLEncoder.encode(name, StandardCharsets.UTF_8) + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8));
        }
    }

    private static JsonObject file(JsonObject given, String name, String content, String type) {
        return object(name, text(given, "filename"), content, text(given, "content"), type, text(given, "content_type"));
    }

    private static JsonObject headers(JsonObject message) {
        return message.has("headers") ? message.getAsJsonObject("headers") : new JsonObject();
    }

    private static List<JsonObject> files(JsonObject message, String part) {
        var given = message.has(part) ? message.getAsJsonArray(part) : new JsonArray();
        return StreamSupport.stream(given.spliterator(), false)
                .map(JsonElement::getAsJsonObject)
                .collect(Collectors.toList());
    }

    private static List<JsonObject> each(
            JsonObject message, String part, java.util.function.Function<JsonObject, JsonObject> form) {
        return files(message, part).stream().map(form).collect(Collectors.toList());
    }

    private static String joined(JsonObject message, String part) {
        return files(message, part).stream().map(Client::spelt).collect(Collectors.joining(", "));
    }

    private static String spelt(JsonObject box) {
        String name = text(box, "name");
        String quoted = name.replace("\\", "\\\\").replace("\"", "\\\"");
        return name.isEmpty() ? text(box, "address") : '"' + quoted + "\" <" + text(box, "address") + '>';
    }

    private static String text(JsonObject object, String name) {
        var found = object.get(name);
        return found == null || found.isJsonNull() ? "" : found.getAsString();
    }

    private static JsonObject object(String... pairs) {
        var made = new JsonObject();
        for (int index = 0; index < pairs.length; index += 2) {
            made.addProperty(pairs[index], pairs[index + 1]);
        }
        return made;
    }

    private static JsonArray array(List<JsonObject> objects) {
        var made = new JsonArray();
        objects.forEach(made::add);
        return made;
    }

    private static void put(JsonObject body, String name, List<JsonObject> objects) {
        if (!objects.isEmpty()) {
            body.add(name, array(objects));
        }
    }

    private static void putText(JsonObject body, String name, String text) {
        if (!text.isEmpty()) {
            body.addProperty(name, text);
        }
    }
}
