package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.keyspace.Memory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Key events around expired and replaced keys, in their order; what all commands tell is compared with Redis in {@link KeyEventsIT}. */
class KeyEventsTest {
    private final CommandHarness redis = new CommandHarness(false);
    private final List<String> told = new ArrayList<>();

    @BeforeEach
    void listen() {
        redis.listener((database, type, event, key, keyLength) -> told.add(database + ":" + type + ":" + event + ":"
                + new String(Memory.bytes(key, keyLength), StandardCharsets.ISO_8859_1)));
    }

    @AfterEach
    void close() {
        redis.close();
    }

    private List<String> events(String line) {
        told.clear();
        redis.run(line);
        return told;
    }

    private void expired(String key) {
        redis.run("set " + key + " v px 10");
        redis.now += 10;
    }

    @Test
    void aWriteThatMeetsAnExpiredKeyRemovesItAndTellsItOnce() {
        expired("k");
        assertThat(redis.brief("dbsize")).isEqualTo(":1");
        assertThat(events("getdel k")).containsExactly("0:x:expired:k", "0:m:keymiss:k");
        assertThat(redis.changed).as("needs a record").isFalse();
        assertThat(redis.brief("dbsize")).isEqualTo(":0");
        assertThat(events("getdel k")).containsExactly("0:m:keymiss:k");
        expired("k");
        assertThat(events("msetnx k a k b")).containsExactly("0:x:expired:k", "0:n:new:k", "0:$:set:k", "0:$:set:k");
        assertThat(redis.brief("get k")).isEqualTo("$1 b");
    }

    @Test
    void anExpiredKeyIsToldByWhatReplacesOrRemovesIt() {
        expired("k");
        assertThat(events("set k w")).containsExactly("0:x:expired:k", "0:n:new:k", "0:$:set:k");
        expired("k");
        assertThat(events("append k w")).containsExactly("0:x:expired:k", "0:n:new:k", "0:$:append:k");
        expired("k");
        assertThat(events("setbit k 1 1")).containsExactly("0:x:expired:k", "0:n:new:k", "0:$:setbit:k");
        expired("k");
        assertThat(events("pfadd k a")).containsExactly("0:x:expired:k", "0:n:new:k", "0:$:pfadd:k");
        // A logged delete of an expired key, as raft mode's active expiry sends it.
        expired("k");
        assertThat(events("del k k")).containsExactly("0:x:expired:k");
        expired("k");
        assertThat(events("bitop not k none")).containsExactly("0:m:keymiss:none", "0:g:del:k");
        expired("k");
        assertThat(events("bitop not k k")).containsExactly("0:x:expired:k", "0:m:keymiss:k");
        assertThat(redis.brief("dbsize")).isEqualTo(":0");
    }

    @Test
    void aReadLeavesAnExpiredKey() {
        expired("k");
        assertThat(events("get k")).containsExactly("0:m:keymiss:k");
        assertThat(events("object encoding k")).isEmpty();
        assertThat(redis.brief("dbsize")).isEqualTo(":1");
    }

    @Test
    void keysThatTakeAnothersPlaceAreNew() {
        redis.run("mset a 1 b 2");
        assertThat(events("rename a b")).containsExactly("0:n:new:b", "0:g:rename_from:a", "0:g:rename_to:b");
        assertThat(events("copy b c")).containsExactly("0:n:new:c", "0:g:copy_to:c");
        assertThat(events("copy b c replace")).containsExactly("0:n:new:c", "0:g:copy_to:c");
        assertThat(events("copy b c db 1")).containsExactly("1:n:new:c", "1:g:copy_to:c");
        expired("c");
        assertThat(events("rename b c"))
                .containsExactly("0:x:expired:c", "0:n:new:c", "0:g:rename_from:b", "0:g:rename_to:c");
        assertThat(redis.brief("get c")).isEqualTo("$1 1");
        assertThat(events("move c 2")).containsExactly("2:n:new:c", "0:g:move_from:c", "2:g:move_to:c");
        redis.database = 1;
        expired("c");
        redis.database = 0;
        redis.run("set c 5");
        assertThat(events("move c 1"))
                .containsExactly("1:x:expired:c", "1:n:new:c", "0:g:move_from:c", "1:g:move_to:c");
        redis.database = 1;
        assertThat(redis.brief("dbsize")).isEqualTo(":1");
        assertThat(redis.brief("get c")).isEqualTo("$1 5");
    }

    @Test
    void nothingIsToldOfWhatDidNotHappen() {
        redis.run("set k v");
        assertThat(events("setnx k w")).isEmpty();
        assertThat(events("set k w nx")).isEmpty();
        assertThat(events("set k w ifeq x")).isEmpty();
        assertThat(events("delifeq k x")).isEmpty();
        assertThat(events("setbit k 1 1")).isEmpty();
        assertThat(events("bitfield k get u8 0")).isEmpty();
        assertThat(events("persist k")).isEmpty();
        assertThat(events("rename k k")).isEmpty();
        assertThat(events("delifeq k v")).containsExactly("0:g:del:k");
    }
}
