package io.cairn.command;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** DEBUG PROTOCOL: a value of each type that the protocol has, for tests of clients. Redis: debugCommand. */
final class DebugProtocol {
    private static final byte[] BIG = "1234567999999999999999999999999999999".getBytes(StandardCharsets.US_ASCII);

    private DebugProtocol() {}

    static void reply(Reply reply, Args args) {
        switch (args.text(2).toLowerCase(Locale.ROOT)) {
            case "string" -> reply.bulk("Hello World");
            case "integer" -> reply.number(12345);
            case "double" -> reply.real(3.141);
            case "bignum" -> reply.bigNumber(BIG);
            case "null" -> reply.nil();
            case "array" -> {
                reply.array(3);
                numbers(reply);
            }
            case "set" -> {
                reply.set(3);
                numbers(reply);
            }
            case "map" -> {
                reply.map(3);
                for (int i = 0; i < 3; i++) {
                    reply.number(i);
                    reply.bool(i == 1);
                }
            }
            case "attrib" -> attribute(reply);
            case "push" -> push(reply);
            case "true" -> reply.bool(true);
            case "false" -> reply.bool(false);
            case "verbatim" -> reply.verbatim("This is a verbatim\nstring");
            default ->
                reply.error("ERR Wrong protocol type name. Please use one of the following:"
                        + " string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false");
        }
    }

    private static void numbers(Reply reply) {
        for (int i = 0; i < 3; i++) {
            reply.number(i);
        }
    }

    private static void attribute(Reply reply) {
        if (reply.resp3()) {
            reply.attribute(1);
            reply.bulk("key-popularity");
            reply.array(2);
            reply.bulk("key:123");
            reply.number(90);
        }
        reply.bulk("Some real reply following the attribute");
    }

    private static void push(Reply reply) {
        if (!reply.resp3()) {
            reply.error("ERR RESP2 is not supported by this command");
            return;
        }
        reply.push(2);
        reply.bulk("server-cpu-usage");
        reply.number(42);
        reply.bulk("Some real reply following the push reply");
    }
}
