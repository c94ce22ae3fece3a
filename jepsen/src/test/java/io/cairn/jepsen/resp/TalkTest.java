package io.cairn.jepsen.resp;

import static io.cairn.jepsen.resp.RawClient.words;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TalkTest {
    private static final Timeouts SHORT = new Timeouts(500, 200);
    private static final Talk INCR = Talk.command("INCR", "k");

    @Test
    void redirectsAreFollowedUpToFiveTimes() throws IOException {
        AtomicReference<String> elsewhere = new AtomicReference<>("");
        try (ScriptedServer one = new ScriptedServer(c -> "-MOVED 5 " + elsewhere.get());
                ScriptedServer two = new ScriptedServer(c -> "-MOVED 5 " + one.address())) {
            elsewhere.set(two.address().toString());
            assertThat(talk(INCR, one, two)).isInstanceOf(Attempt.Refused.class);
            assertThat(one.commands().size() + two.commands().size()).isEqualTo(1 + ClusterClient.MOST_HOPS);
        }
    }

    @Test
    void ownersAreRemembered() throws IOException {
        try (ScriptedServer owner = new ScriptedServer(c -> ":1");
                ScriptedServer other = new ScriptedServer(c -> "-MOVED 5 " + owner.address());
                ClusterClient client = client(other)) {
            client.talk(5, INCR);
            assertThat(client.talk(5, INCR)).isEqualTo(new Attempt.Acknowledged(new Reply.Int(1), owner.address()));
            assertThat(client.asked()).isEqualTo(owner.address());
            assertThat(other.commands()).hasSize(1);
        }
    }

    @Test
    void askIsFollowedForOnce() throws IOException {
        try (ScriptedServer target = new ScriptedServer(c -> c.equals("ASKING") ? "+OK" : ":1");
                ScriptedServer source = new ScriptedServer(c -> "-ASK 5 " + target.address());
                ClusterClient client = client(source)) {
            assertThat(client.talk(5, INCR)).isEqualTo(new Attempt.Acknowledged(new Reply.Int(1), target.address()));
            client.talk(5, INCR);
            assertThat(source.commands()).hasSize(2);
            assertThat(target.commands()).containsExactly("ASKING", "INCR k", "ASKING", "INCR k");
        }
    }

    @Test
    void everyOtherRefusalEndsItAndTheNextTalkBeginsElsewhere() throws IOException {
        for (String refusal : List.of(
                "CLUSTERDOWN x", "TRYAGAIN x", "LOADING x", "MISCONF x", "READONLY You can't write", "MASTERDOWN x")) {
            try (ScriptedServer refusing = new ScriptedServer(c -> "-" + refusal);
                    ScriptedServer other = new ScriptedServer(c -> ":1");
                    ClusterClient client = client(other, refusing)) {
                assertThat(client.talk(5, INCR)).isEqualTo(new Attempt.Refused(refusal));
                assertThat(refusing.commands()).hasSize(1);
                assertThat(client.talk(5, INCR)).isInstanceOf(Attempt.Acknowledged.class);
            }
        }
    }

    @Test
    void aConnectionThatWasNeverMadeIsARefusal() throws IOException {
        ScriptedServer dead = new ScriptedServer(c -> "");
        dead.close();
        assertThat(talk(INCR, dead))
                .isInstanceOfSatisfying(
                        Attempt.Refused.class,
                        refused -> assertThat(refused.reason()).startsWith("no connection to " + dead.address()));
    }

    @Test
    void whatWeDoNotKnowIsUnknownAndClosesTheConnection() throws IOException {
        try (ScriptedServer strange = new ScriptedServer(c -> "-ERR who knows");
                ClusterClient client = client(strange)) {
            assertThat(client.talk(5, INCR)).isEqualTo(new Attempt.Unknown("ERR who knows"));
            // The server serves one connection at a time, so the second talk is only heard if the first was hung up.
            assertThat(client.talk(5, INCR)).isEqualTo(new Attempt.Unknown("ERR who knows"));
            assertThat(strange.commands()).hasSize(2);
        }
    }

    @Test
    void silenceIsUnknownAndItsProcessIsAvoided() throws IOException {
        try (ScriptedServer silent = new ScriptedServer(TalkTest::never);
                ScriptedServer neighbour = new ScriptedServer(c -> ":2");
                ScriptedServer other = new ScriptedServer(c -> ":1");
                ClusterClient client = new ClusterClient(
                        List.of(neighbour.address(), silent.address(), other.address()),
                        Map.of(neighbour.address(), 0, silent.address(), 0, other.address(), 1),
                        SHORT,
                        0)) {
            assertThat(client.talk(5, INCR)).isInstanceOf(Attempt.Unknown.class);
            for (int slot = 0; slot < 4; slot++) {
                assertThat(client.talk(slot, INCR))
                        .isEqualTo(new Attempt.Acknowledged(new Reply.Int(1), other.address()));
            }
        }
    }

    @Test
    void whatHangsUpWithoutEverAnsweringIsAvoided() throws IOException {
        try (ScriptedServer proxyOfTheDead = new ScriptedServer(c -> "");
                ScriptedServer other = new ScriptedServer(c -> ":1");
                ClusterClient client = client(other, proxyOfTheDead)) {
            assertThat(client.talk(5, INCR)).isInstanceOf(Attempt.Unknown.class);
            for (int slot = 0; slot < 2; slot++) {
                assertThat(client.talk(slot, INCR)).isInstanceOf(Attempt.Acknowledged.class);
            }
            assertThat(proxyOfTheDead.commands()).hasSize(1);
        }
    }

    @Test
    void aRedirectToASuspectIsARefusal() throws IOException {
        try (ScriptedServer silent = new ScriptedServer(TalkTest::never);
                ScriptedServer other = new ScriptedServer(c -> "-MOVED 5 " + silent.address());
                ClusterClient client = client(other, silent)) {
            assertThat(client.talk(5, INCR)).isInstanceOf(Attempt.Unknown.class);
            assertThat(client.talk(5, INCR)).isEqualTo(new Attempt.Refused("MOVED 5 " + silent.address()));
        }
    }

    @Test
    void transactionIsAcknowledgedWithTheArrayOfExec() throws IOException {
        assertThat(exec("*2\r\n+OK\r\n:7", "+QUEUED"))
                .isInstanceOfSatisfying(
                        Attempt.Acknowledged.class,
                        done -> assertThat(done.reply().items())
                                .containsExactly(new Reply.Simple("OK"), new Reply.Int(7)));
    }

    @Test
    void transactionThatProvablyDidNothingIsRefused() throws IOException {
        assertThat(exec("*-1", "+QUEUED")).isEqualTo(new Attempt.Refused(Transaction.ABORTED));
        assertThat(exec("$-1", "+QUEUED")).isEqualTo(new Attempt.Refused(Transaction.ABORTED));
        assertThat(exec("-EXECABORT x", "+QUEUED")).isEqualTo(new Attempt.Refused("EXECABORT x"));
        assertThat(exec("-EXECABORT x", "-CLUSTERDOWN y")).isEqualTo(new Attempt.Refused("CLUSTERDOWN y"));
        assertThat(exec("-TRYAGAIN x", "+QUEUED")).isEqualTo(new Attempt.Refused("TRYAGAIN x"));
        assertThat(exec("-CLUSTERDOWN x", "+QUEUED")).isEqualTo(new Attempt.Refused("CLUSTERDOWN x"));
    }

    @Test
    void transactionThatMayHaveDoneSomethingIsUnknown() throws IOException {
        assertThat(exec("-ERR strange", "+QUEUED")).isEqualTo(new Attempt.Unknown("ERR strange"));
        assertThat(exec("", "+QUEUED")).isInstanceOf(Attempt.Unknown.class);
        assertThat(exec("*1\r\n+OK", "+QUEUED")).isInstanceOf(Attempt.Unknown.class);
        assertThat(exec("+OK", "+QUEUED")).isEqualTo(new Attempt.Unknown("EXEC was answered with: OK"));
        assertThat(exec("*2\r\n+OK\r\n-ERR no integer", "+QUEUED"))
                .isEqualTo(new Attempt.Unknown("error inside EXEC: [OK, ERR no integer]"));
        assertThat(exec("*2\r\n+OK\r\n:1", "-TRYAGAIN x")).isInstanceOf(Attempt.Unknown.class);
    }

    @Test
    void commandsAfterAMultiThatWasNotTakenRunByThemselves() throws IOException {
        assertThat(run(c -> c.startsWith("SET") ? "+OK" : "-LOADING x")).isInstanceOf(Attempt.Unknown.class);
        assertThat(run(c -> c.equals("EXEC") ? "-ERR EXEC without MULTI" : "-LOADING x"))
                .isEqualTo(new Attempt.Refused("LOADING x"));
    }

    @Test
    void movedTransactionGoesToTheOwner() throws IOException {
        try (ScriptedServer owner = new ScriptedServer(transacting("*2\r\n+OK\r\n:7", "+QUEUED"));
                ScriptedServer other = new ScriptedServer(transacting("-EXECABORT x", "-MOVED 5 " + owner.address()))) {
            assertThat(talk(transaction(), other)).isInstanceOf(Attempt.Acknowledged.class);
            assertThat(owner.commands()).containsExactly("MULTI", "SET k 1", "INCR k", "EXEC");
        }
    }

    @Test
    void watchedReadLeadsToExec() throws IOException {
        try (ScriptedServer server = new ScriptedServer(cas("*1\r\n+OK"))) {
            Watched cas = watched("5");
            assertThat(talk(cas, server)).isInstanceOf(Attempt.Acknowledged.class);
            assertThat(cas.seen()).isNotNull().extracting(Reply::text).isEqualTo("5");
            assertThat(server.commands()).containsExactly("WATCH k", "GET k", "MULTI", "SET k 6", "EXEC");
        }
    }

    @Test
    void watchedReadOfAnotherValueLeadsNoFurther() throws IOException {
        try (ScriptedServer server = new ScriptedServer(cas("*1\r\n+OK"))) {
            Watched cas = watched("4");
            assertThat(talk(cas, server)).isInstanceOf(Attempt.Acknowledged.class);
            assertThat(server.commands()).containsExactly("WATCH k", "GET k", "UNWATCH");
        }
    }

    @Test
    void whatIsLostBeforeExecIsRefused() throws IOException {
        for (Function<String, String> answers : List.<Function<String, String>>of(
                c -> "", c -> c.startsWith("WATCH") ? "+OK" : "", c -> c.startsWith("GET") ? never(c) : "+OK")) {
            try (ScriptedServer server = new ScriptedServer(answers)) {
                assertThat(talk(watched("5"), server)).isInstanceOf(Attempt.Refused.class);
                assertThat(server.commands()).doesNotContain("EXEC");
            }
        }
    }

    @Test
    void whatIsLostAfterExecIsUnknown() throws IOException {
        try (ScriptedServer server = new ScriptedServer(cas(""))) {
            assertThat(talk(watched("5"), server)).isInstanceOf(Attempt.Unknown.class);
        }
    }

    @Test
    void anyErrorUnderWatchIsRefused() throws IOException {
        try (ScriptedServer server = new ScriptedServer(c -> c.startsWith("WATCH") ? "+OK" : "-ERR who knows")) {
            assertThat(talk(watched("5"), server)).isEqualTo(new Attempt.Refused("ERR who knows"));
        }
    }

    @Test
    void strangeReadUnderWatchDoesNotPassForARefusal() throws IOException {
        Watched failing = new Watched(words("WATCH", "k"), words("GET", "k"), seen -> {
            throw new IllegalArgumentException(seen.text());
        });
        try (ScriptedServer server = new ScriptedServer(cas("*1\r\n+OK"))) {
            assertThat(talk(failing, server)).isInstanceOf(Attempt.Unknown.class);
            assertThat(server.commands()).containsExactly("WATCH k", "GET k");
        }
    }

    @Test
    void replicasAreAskedOverReadonlyConnections() throws IOException {
        Talk get = Talk.command("GET", "k");
        try (ScriptedServer replica = new ScriptedServer(c -> c.equals("READONLY") ? "+OK" : "$1\r\n5");
                ScriptedServer primary = new ScriptedServer(c -> slots(replica));
                ClusterClient client = client(primary)) {
            client.refreshHolders();
            assertThat(client.talkToReplica(5, new SplittableRandom(1), get))
                    .isInstanceOfSatisfying(
                            Attempt.Acknowledged.class,
                            done -> assertThat(done.node()).isEqualTo(replica.address()));
            assertThat(client.askedReplica()).isTrue();
            assertThat(replica.commands()).containsExactly("READONLY", "GET k");
            assertThat(primary.commands()).containsExactly("CLUSTER SLOTS");
        }
    }

    @Test
    void withoutReplicasThePrimaryIsAsked() throws IOException {
        try (ScriptedServer alone = new ScriptedServer(c -> c.startsWith("CLUSTER") ? "-ERR no cluster" : "$1\r\n5");
                ClusterClient client = client(alone)) {
            client.refreshHolders();
            assertThat(client.talkToReplica(5, new SplittableRandom(1), Talk.command("GET", "k")))
                    .isInstanceOf(Attempt.Acknowledged.class);
            assertThat(client.askedReplica()).isFalse();
        }
    }

    private static String slots(ScriptedServer replica) {
        String primary = "*2\r\n$9\r\n127.0.0.1\r\n:1";
        String other = "*2\r\n$9\r\n127.0.0.1\r\n:" + replica.address().port();
        return "*1\r\n*4\r\n:0\r\n:16383\r\n" + primary + "\r\n" + other;
    }

    private static Attempt exec(String executed, String queued) throws IOException {
        return run(transacting(executed, queued));
    }

    private static Attempt run(Function<String, String> answers) throws IOException {
        try (ScriptedServer server = new ScriptedServer(answers)) {
            return talk(transaction(), server);
        }
    }

    private static Transaction transaction() {
        return new Transaction(List.of(words("SET", "k", "1"), words("INCR", "k")));
    }

    private static Function<String, String> transacting(String executed, String queued) {
        return command -> switch (command) {
            case "MULTI" -> "+OK";
            case "EXEC" -> executed;
            default -> queued;
        };
    }

    /** A compare-and-set of the key's value from {@code old} to 6. */
    private static Watched watched(String old) {
        return new Watched(
                words("WATCH", "k"),
                words("GET", "k"),
                seen -> seen.text().equals(old) ? List.<byte[][]>of(words("SET", "k", "6")) : List.of());
    }

    private static Function<String, String> cas(String executed) {
        return command -> switch (command) {
            case "WATCH k", "UNWATCH", "MULTI" -> "+OK";
            case "GET k" -> "$1\r\n5";
            case "EXEC" -> executed;
            default -> "+QUEUED";
        };
    }

    private static Attempt talk(Talk talk, ScriptedServer... servers) {
        try (ClusterClient client = client(servers)) {
            return client.talk(5, talk);
        }
    }

    /** Begins at the last of the servers. */
    private static ClusterClient client(ScriptedServer... servers) {
        List<Address> nodes =
                Arrays.stream(servers).map(ScriptedServer::address).toList();
        return new ClusterClient(nodes, Map.of(), SHORT, servers.length - 2);
    }

    private static String never(String command) {
        try {
            Thread.sleep(2_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return command;
    }
}
