package io.cairn.command;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.resp.RawClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Scripts of several connections, to redis-server and to us: each connection gets the same bytes. Where Redis's order is that of its
 * hash tables (several patterns that match, several channels left at once) the scripts do not look.
 */
class PubSubDifferentialIT {
    /**
     * {@code name: words} sends words on the connection of that name; a name in capitals speaks RESP3. With {@code -} nothing is read
     * from it until its next {@code :}, with {@code !} everything until it is closed.
     */
    private static final List<List<String>> SCRIPTS = List.of(
            List.of(
                    "a: subscribe x",
                    "a: subscribe y x",
                    "b: publish x hello",
                    "b: publish z nobody",
                    "a: psubscribe x* y*",
                    "b: publish y two",
                    "a: unsubscribe x",
                    "b: publish x patterns",
                    "a: unsubscribe x nosuch",
                    "a: punsubscribe x* *",
                    "b: publish y again",
                    "a: unsubscribe",
                    "a: punsubscribe",
                    "b: publish y no",
                    "a: unsubscribe",
                    "a: punsubscribe",
                    "a: sunsubscribe",
                    "a: get k"),
            List.of(
                    "A: subscribe x",
                    "A: get k",
                    "A: publish x own",
                    "A: psubscribe ?",
                    "A: publish x own",
                    "b: publish x other",
                    "A: unsubscribe",
                    "A: unsubscribe",
                    "A: punsubscribe",
                    "A: punsubscribe",
                    "A: sunsubscribe",
                    "A: ssubscribe s s t",
                    "A: spublish s own",
                    "b: spublish s other",
                    "A: sunsubscribe t nosuch",
                    "A: sunsubscribe",
                    "A: ping",
                    "A: ping x"),
            List.of(
                    "a: ssubscribe s",
                    "a: subscribe s",
                    "b: spublish s shard",
                    "b: publish s plain",
                    "b: pubsub shardchannels",
                    "b: pubsub shardnumsub s t",
                    "b: pubsub numsub s t",
                    "a: sunsubscribe s",
                    "a: ping",
                    "a: unsubscribe s",
                    "a: ping",
                    "b: pubsub shardnumsub",
                    "b: pubsub numsub"),
            List.of(
                    "a: subscribe x",
                    "a: get k",
                    "a: get",
                    "a: nosuch",
                    "a: config get x",
                    "a: config nosuch",
                    "a: publish x y",
                    "a: spublish x y",
                    "a: pubsub channels",
                    "a: client list",
                    "a: hello 3",
                    "a: auth x",
                    "a: multi nosuch",
                    "a: exec",
                    "a: watch k",
                    "a: select 1",
                    "a: echo x",
                    "a: ping",
                    "a: ping x",
                    "a: ping x y",
                    "a: reset",
                    "a: get k",
                    "b: publish x gone"),
            List.of(
                    "A: subscribe x",
                    "A: psubscribe p*",
                    "A: ssubscribe s",
                    "A: hello 2",
                    "A: get k",
                    "b: publish x v",
                    "b: publish pp v",
                    "b: spublish s v",
                    "A: reset",
                    "b: publish x v",
                    "b: pubsub channels",
                    "b: pubsub numpat",
                    "b: pubsub shardchannels",
                    "c: subscribe x",
                    "c! quit"),
            List.of(
                    "a: multi",
                    "a: subscribe x y",
                    "a: get k",
                    "a: exec",
                    "b: publish x v",
                    "a: get k",
                    "a: unsubscribe x",
                    "a: unsubscribe y",
                    "a: multi",
                    "a: ssubscribe x",
                    "a: exec",
                    "a: multi",
                    "a: subscribe x",
                    "a: discard",
                    "b: multi",
                    "b: set k v",
                    "b: publish x v",
                    "b: exec",
                    "A: subscribe x",
                    "b: multi",
                    "b: publish x 1",
                    "b: publish x 2",
                    "b: spublish x 3",
                    "b: pubsub numsub x",
                    "b: exec",
                    "A: multi",
                    "A: psubscribe x",
                    "A: unsubscribe",
                    "A: unsubscribe x",
                    "A: sunsubscribe",
                    "A: exec",
                    "b: del k"),
            List.of(
                    "A- client reply off",
                    "A- subscribe x",
                    "b: publish x 1",
                    "A- get k",
                    "A- subscribe",
                    "A- unsubscribe x",
                    "A- subscribe y",
                    "A: client reply on",
                    "A- client reply skip",
                    "A- subscribe z",
                    "A: get k",
                    "A: reset"),
            List.of(
                    "b: pubsub",
                    "b: pubsub nosuch",
                    "b: pubsub channels",
                    "b: pubsub channels a b",
                    "b: pubsub numpat x",
                    "b: pubsub numsub",
                    "b: pubsub shardchannels a b",
                    "b: publish x",
                    "b: publish x y z",
                    "b: spublish x",
                    "b: subscribe",
                    "b: psubscribe",
                    "b: ssubscribe",
                    "a: psubscribe a*",
                    "c: psubscribe a*",
                    "b: pubsub numpat",
                    "c: psubscribe b*",
                    "b: pubsub numpat",
                    "c: subscribe abc ",
                    "b: publish  empty",
                    "b: pubsub channels a*",
                    "b: pubsub channels a",
                    "b: publish abc ",
                    "b: client list type nosuch",
                    "b: client kill type pubsub",
                    "b: config set notify-keyspace-events x$KEgn",
                    "b: config get notify-keyspace-events",
                    "b: config set notify-keyspace-events Anm",
                    "b: config get notify-keyspace-events",
                    "b: config set notify-keyspace-events q",
                    "b: config set notify-keyspace-events ",
                    "b: command getkeys spublish a b",
                    "b: command getkeys ssubscribe a b"));

    @TempDir
    private Path directory;

    @BeforeEach
    void needsRedis() {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
    }

    @Test
    void everyConnectionGetsTheBytesThatRedisSends() throws Exception {
        SoftAssertions softly = new SoftAssertions();
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory)) {
            for (List<String> script : SCRIPTS) {
                List<String> expected = new Play(redis.port).run(script);
                List<String> actual = new Play(cairn.port).run(script);
                softly.assertThat(actual).isEqualTo(expected);
            }
        }
        softly.assertAll();
    }

    @Test
    void clientListAndInfoShowSubscriptionsAsRedisDoes() throws Exception {
        SoftAssertions softly = new SoftAssertions();
        List<String> shown = new ArrayList<>();
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory)) {
            for (int port : new int[] {redis.port, cairn.port}) {
                shown.add(subscribeAndLook(port));
            }
        }
        softly.assertThat(shown.get(1)).isEqualTo(shown.get(0)).startsWith("flags=P sub=2 psub=1 ssub=1");
        softly.assertAll();
    }

    private static String subscribeAndLook(int port) throws IOException {
        try (RawClient listening = new RawClient(port);
                RawClient other = new RawClient(port)) {
            listening.call("subscribe", "a", "b");
            listening.reply();
            listening.call("psubscribe", "p");
            listening.call("ssubscribe", "s");
            String list = other.call("client", "list", "type", "pubsub");
            String info = other.call("info", "stats");
            String normal = other.call("client", "list", "type", "normal");
            return list.replaceAll(
                            "(?s)^.* (flags=\\w+) .*( sub=\\d+ psub=\\d+ ssub=\\d+) .*( cmd=\\S+) .*$", "$1$2$3 ")
                    + info.replaceAll(
                            "(?s).*(pubsub_channels:\\d+\r\npubsub_patterns:\\d+\r\npubsubshard_channels:\\d+\r\n).*",
                            "$1")
                    + normal.contains("flags=P");
        }
    }

    /** One run of a script. After each step every connection answers a PING, so what it got before belongs to the step. */
    private static final class Play {
        private final int port;
        private final Map<String, RawClient> clients = new LinkedHashMap<>();
        /** Connections that queue commands, or answer none, for now. */
        private final Set<String> mute = new HashSet<>();

        private final List<String> transcript = new ArrayList<>();
        private int marks;

        Play(int port) {
            this.port = port;
        }

        List<String> run(List<String> script) throws IOException {
            try {
                for (String step : script) {
                    int end = step.indexOf(' ') - 1;
                    step(
                            step,
                            step.substring(0, end),
                            step.charAt(end),
                            step.substring(end + 2).split(" ", -1));
                }
            } finally {
                for (RawClient client : clients.values()) {
                    client.close();
                }
                settle();
            }
            return transcript;
        }

        private void step(String step, String name, char how, String[] words) throws IOException {
            if (!clients.containsKey(name)) {
                RawClient fresh = new RawClient(port);
                clients.put(name, fresh);
                if (name.equals(name.toUpperCase(Locale.ROOT))) {
                    fresh.call("hello", "3");
                }
            }
            client(name).send(RawClient.request(words));
            if (how == '!') {
                transcript.add(step + " -> " + client(name).readAll());
                clients.remove(name);
                return;
            }
            if (how == '-' || (words[0].equals("multi") && words.length == 1)) {
                mute.add(name + how);
            } else if (Set.of("exec", "discard").contains(words[0])) {
                mute.remove(name + ":");
            } else {
                mute.remove(name + "-");
            }
            // Whoever acts first: what the others get is caused by that.
            Set<String> order = new LinkedHashSet<>(List.of(name));
            order.addAll(clients.keySet());
            for (String each : order) {
                if (words[0].equals("client") && words[1].equals("kill") && !each.equals(name)) {
                    // Redis has closed it when it answers, we have not yet.
                    transcript.add(step + " -> " + each + " " + client(each).readAll());
                    clients.remove(each);
                    continue;
                }
                String got = mute.contains(each + ":") || mute.contains(each + "-") ? "" : sync(each);
                if (!got.isEmpty() && !words[0].equals("hello")) {
                    transcript.add(step + " -> " + each + " " + got);
                }
            }
        }

        private RawClient client(String name) {
            return Objects.requireNonNull(clients.get(name));
        }

        /** What came before the answer to a PING; the end of the stream is shown and the connection forgotten. */
        private String sync(String name) throws IOException {
            String mark = "mark" + marks++;
            StringBuilder got = new StringBuilder();
            try {
                client(name).send(RawClient.request("ping", mark));
                for (String reply = client(name).reply();
                        !reply.contains(mark);
                        reply = client(name).reply()) {
                    if (reply.isEmpty()) {
                        throw new IOException("closed");
                    }
                    got.append(reply);
                }
            } catch (IOException e) {
                clients.remove(name);
                got.append(e instanceof java.net.SocketTimeoutException ? "(nothing)" : "(closed)");
            }
            return got.toString();
        }

        /** Waits until the server has noticed that the connections are gone. */
        private void settle() throws IOException {
            try (RawClient last = new RawClient(port)) {
                boolean none = false;
                for (int i = 0; i < 10_000 && !none; i++) {
                    none = last.call("pubsub", "channels").equals("*0\r\n")
                            && last.call("pubsub", "shardchannels").equals("*0\r\n")
                            && last.call("pubsub", "numpat").equals(":0\r\n");
                }
            }
        }
    }
}
