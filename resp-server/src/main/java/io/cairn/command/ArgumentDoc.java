package io.cairn.command;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One documented argument of a command, as COMMAND DOCS answers it, and the notation it is written in:
 *
 * <pre>
 * value:string          a string named value; also integer, double, key, pattern, unix-time
 * key:key#0             a key of the command's first key spec
 * seconds:integer=EX    preceded by the token EX
 * nx=NX                 nothing but the token
 * name(a=A|b=B)         one of; name=TOKEN(a=A|b=B) preceded by a token
 * name{a:key b:string}  all of
 * x* x+ x@6.2.0 x~2.8   repeated; repeated with its token; since; deprecated since: in this order
 * [x]                   optional
 * </pre>
 *
 * @param type as Redis names it: "string", "oneof" ...
 * @param keySpec index of the key spec, -1 when none
 * @param flags "optional", "multiple", "multiple_token"
 */
record ArgumentDoc(
        String name,
        String type,
        int keySpec,
        @Nullable String token,
        @Nullable String since,
        @Nullable String deprecatedSince,
        List<String> flags,
        List<ArgumentDoc> arguments) {

    /** Reads a list of arguments separated by blanks. */
    static List<ArgumentDoc> parse(String text) {
        Parser parser = new Parser(text);
        List<ArgumentDoc> arguments = parser.list(' ');
        if (parser.at != text.length()) {
            throw new IllegalArgumentException("arguments end at " + parser.at + ": " + text);
        }
        return arguments;
    }

    private static final class Parser {
        private final String text;
        private int at;

        Parser(String text) {
            this.text = text;
        }

        List<ArgumentDoc> list(char separator) {
            List<ArgumentDoc> arguments = new ArrayList<>();
            while (at < text.length()) {
                arguments.add(argument());
                if (!takes(separator)) {
                    break;
                }
            }
            return arguments;
        }

        private ArgumentDoc argument() {
            boolean optional = takes('[');
            String head = word("=({*+@~]| })");
            String token = takes('=') ? token() : null;
            String type = type(head, token);
            List<ArgumentDoc> arguments = List.of();
            if (takes('(')) {
                type = "oneof";
                arguments = list('|');
                expect(')');
            } else if (takes('{')) {
                type = "block";
                arguments = list(' ');
                expect('}');
            }
            List<String> flags = new ArrayList<>(optional ? List.of("optional") : List.of());
            if (takes('*')) {
                flags.add("multiple");
            }
            if (takes('+')) {
                flags.add("multiple_token");
            }
            String since = takes('@') ? word("~]| })") : null;
            String deprecated = takes('~') ? word("]| })") : null;
            if (optional) {
                expect(']');
            }
            int colon = head.lastIndexOf(':');
            String name = colon < 0 ? head : head.substring(0, colon);
            int hash = type.indexOf('#');
            int keySpec = hash < 0 ? -1 : Integer.parseInt(type.substring(hash + 1));
            String plainType = hash < 0 ? type : type.substring(0, hash);
            return new ArgumentDoc(
                    name, plainType, keySpec, token, since, deprecated, List.copyOf(flags), List.copyOf(arguments));
        }

        /** A word, or one of the characters that end one. */
        private String token() {
            if (at < text.length() && "*~=".indexOf(text.charAt(at)) >= 0) {
                at++;
                return text.substring(at - 1, at);
            }
            if (at < text.length() && text.charAt(at) == ')') {
                return ""; // MIGRATE has an argument that is nothing.
            }
            return word("({*+@~]| })");
        }

        private static String type(String head, @Nullable String token) {
            int colon = head.lastIndexOf(':');
            if (colon >= 0) {
                return head.substring(colon + 1);
            }
            return token == null ? "" : "pure-token";
        }

        private boolean takes(char c) {
            if (at < text.length() && text.charAt(at) == c) {
                at++;
                return true;
            }
            return false;
        }

        private void expect(char c) {
            if (!takes(c)) {
                throw new IllegalArgumentException("'" + c + "' expected at " + at + ": " + text);
            }
        }

        private String word(String ends) {
            int start = at;
            while (at < text.length() && ends.indexOf(text.charAt(at)) < 0) {
                at++;
            }
            if (at == start) {
                throw new IllegalArgumentException("a word is expected at " + at + ": " + text);
            }
            return text.substring(start, at);
        }
    }

    /** Writes a list of arguments. Redis: addReplyCommandArgList. */
    static void reply(Reply reply, List<ArgumentDoc> arguments) {
        reply.array(arguments.size());
        for (ArgumentDoc argument : arguments) {
            argument.reply(reply);
        }
    }

    private void reply(Reply reply) {
        reply.map(2
                + (keySpec < 0 ? 0 : 1)
                + (token == null ? 0 : 1)
                + (since == null ? 0 : 1)
                + (deprecatedSince == null ? 0 : 1)
                + (flags.isEmpty() ? 0 : 1)
                + (arguments.isEmpty() ? 0 : 1));
        field(reply, "name", name);
        field(reply, "type", type);
        if (keySpec >= 0) {
            reply.bulk("key_spec_index");
            reply.number(keySpec);
        }
        field(reply, "token", token);
        field(reply, "since", since);
        field(reply, "deprecated_since", deprecatedSince);
        if (!flags.isEmpty()) {
            reply.bulk("flags");
            reply.set(flags.size());
            flags.forEach(reply::simple);
        }
        if (!arguments.isEmpty()) {
            reply.bulk("arguments");
            reply(reply, arguments);
        }
    }

    private static void field(Reply reply, String name, @Nullable String value) {
        if (value != null) {
            reply.bulk(name);
            reply.bulk(value);
        }
    }
}
