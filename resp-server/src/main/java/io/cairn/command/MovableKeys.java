package io.cairn.command;

import java.util.List;

/**
 * Where keys that a finder finds are, as COMMAND INFO tells: the words of a {@code keys} line of the docs, flags first, then
 *
 * <pre>
 * {@literal @}index 1             the key at argument 1
 * {@literal @}keynum 2            a number of keys at argument 2, the keys after it
 * {@literal @}keyword STORE 6     the key after a word from argument 6 on; also with last key, step and limit: {@literal @}keyword STREAMS 1 -1 1 2
 * {@literal @}unknown             keys that the arguments do not tell
 * </pre>
 */
final class MovableKeys {
    private MovableKeys() {}

    /** What is done with the keys. */
    static List<String> flags(List<String> words) {
        int end = search(words);
        return words.subList(0, end);
    }

    private static int search(List<String> words) {
        int at = 0;
        while (at < words.size() && !words.get(at).startsWith("@")) {
            at++;
        }
        return at;
    }

    /** Redis: addReplyCommandKeySpecs. */
    static void reply(Reply reply, List<String> words) {
        List<String> search = words.subList(search(words), words.size());
        if (search.get(0).equals("@unknown")) {
            unknown(reply, flags(words));
            return;
        }
        boolean keyword = search.get(0).equals("@keyword");
        reply.map(3);
        reply.bulk("flags");
        CommandCommands.names(reply, flags(words));
        reply.bulk("begin_search");
        reply.map(2);
        reply.bulk("type");
        reply.bulk(keyword ? "keyword" : "index");
        reply.bulk("spec");
        reply.map(keyword ? 2 : 1);
        if (keyword) {
            reply.bulk("keyword");
            reply.bulk(search.get(1));
            number(reply, "startfrom", search.get(2));
        } else {
            number(reply, "index", search.get(1));
        }
        reply.bulk("find_keys");
        reply.map(2);
        reply.bulk("type");
        boolean counted = search.get(0).equals("@keynum");
        reply.bulk(counted ? "keynum" : "range");
        reply.bulk("spec");
        reply.map(3);
        if (counted) {
            number(reply, "keynumidx", "0");
            number(reply, "firstkey", "1");
            number(reply, "keystep", "1");
        } else {
            boolean given = search.size() > 3;
            number(reply, "lastkey", given ? search.get(3) : "0");
            number(reply, "keystep", given ? search.get(4) : "1");
            number(reply, "limit", given ? search.get(5) : "0");
        }
    }

    private static void unknown(Reply reply, List<String> flags) {
        reply.map(3);
        reply.bulk("flags");
        CommandCommands.names(reply, flags);
        for (String how : List.of("begin_search", "find_keys")) {
            reply.bulk(how);
            reply.map(2);
            reply.bulk("type");
            reply.bulk("unknown");
            reply.bulk("spec");
            reply.map(0);
        }
    }

    private static void number(Reply reply, String name, String value) {
        reply.bulk(name);
        reply.number(Long.parseLong(value));
    }
}
