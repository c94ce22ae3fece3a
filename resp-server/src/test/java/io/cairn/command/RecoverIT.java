package io.cairn.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.cli.Main;
import io.cairn.raft.meta.SlotRange;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code cairn recover}: what is left after the loss of most voters serves again, and new nodes join it. */
final class RecoverIT {
    private static final int KEYS = 300;

    @TempDir
    Path directory;

    private static void write(SeededNodes nodes, String value) throws Exception {
        for (int i = 0; i < KEYS; i++) {
            nodes.awaitFollow("+OK", "set key" + i + " " + value + i);
        }
    }

    private static void allThere(SeededNodes nodes, String value) throws Exception {
        for (int i = 0; i < KEYS; i++) {
            nodes.awaitFollow("$" + (value + i).length() + "\r\n" + value + i, "get key" + i);
        }
    }

    private static String nodeId(SeededNodes nodes, int port) throws Exception {
        return nodes.at(port, "cluster myid").split("\r\n", -1)[1];
    }

    @Test
    void oneOfThreeNodesIsLeftOfBothGroups() throws Exception {
        int first = 26_700;
        try (SeededNodes nodes = SeededNodes.form(directory, first, 3, 2)) {
            write(nodes, "old");
            String survivor = nodeId(nodes, first);
            String lost = nodeId(nodes, first + 1);
            String dir = nodes.data(first).toString();
            nodes.destroy(first + 1);
            nodes.destroy(first + 2);
            assertThat(Main.run("recover", "meta", dir, "--accept-data-loss"))
                    .as("while it runs")
                    .isEqualTo(1);
            nodes.stop(first);
            assertThat(Main.run("recover", "inspect", dir)).isZero();
            assertThat(Main.run("recover", "shard", dir)).as("not confirmed").isEqualTo(1);
            assertThat(Main.run("recover", "meta", dir, "--accept-data-loss", "--lost-shard", lost))
                    .as("a node is no shard")
                    .isEqualTo(1);
            assertThat(Main.run("recover", "meta", dir, "--accept-data-loss")).isZero();
            assertThat(Main.run("recover", "shard", dir, "--accept-data-loss", "--report", directory + "/report"))
                    .isZero();
            assertThat(Main.run("recover", "shard", dir, "--accept-data-loss"))
                    .as("a second time")
                    .isEqualTo(1);
            assertThat(Files.readString(directory.resolve("report")))
                    .contains("NEVER START AGAIN", lost, "after: voters " + survivor);
            try (Stream<Path> files = Files.list(nodes.data(first))) {
                assertThat(files.map(path -> String.valueOf(path.getFileName())).toList())
                        .anyMatch(name -> name.matches("recover-meta-.*txt"));
            }

            nodes.start(first);
            nodes.awaitOk();
            allThere(nodes, "old");
            write(nodes, "new");

            nodes.start(first + 1);
            nodes.start(first + 2);
            nodes.awaitOk();
            awaitVoters(nodes, first);
            // The survivor is not needed any more.
            nodes.stop(first);
            nodes.awaitFollow("+OK", "set other 1");
            allThere(nodes, "new");
            assertThat(nodes.at(first + 1, "cluster nodes")).contains(survivor).doesNotContain(lost);
        }
    }

    @Tag("long")
    @Test
    void oneVoterOfAShardIsLeftAndTheMetaGroupLives() throws Exception {
        int first = 26_750;
        try (SeededNodes nodes = SeededNodes.form(directory, first, 6, 2)) {
            write(nodes, "old");
            List<Integer> members = shardOf(nodes, first);
            assertThat(members).hasSize(3);
            int survivor = members.get(0);
            nodes.destroy(members.get(1));
            nodes.destroy(members.get(2));
            nodes.stop(survivor);
            assertThat(Main.run("recover", "shard", nodes.data(survivor).toString(), "--accept-data-loss"))
                    .isZero();
            nodes.start(survivor);
            nodes.awaitOk();
            allThere(nodes, "old");
            write(nodes, "new");
            nodes.start(members.get(1));
            nodes.start(members.get(2));
            nodes.awaitOk();
            awaitVoters(nodes, survivor);
            nodes.stop(survivor);
            nodes.awaitOk();
            allThere(nodes, "new");
        }
    }

    @Test
    void aShardOfWhichNothingIsLeftIsGivenUpAndItsSlotsAreServedEmptyElsewhere() throws Exception {
        int first = 23_680;
        try (SeededNodes nodes = SeededNodes.form(directory, first, 3, 0)) {
            String lostId = nodeId(nodes, first);
            int other = first + 1;
            String word = "cairn lose-shard " + lostId + " ";
            assertThat(nodes.at(other, word + "accept-data-loss")).contains("is alive: it is not lost");
            nodes.destroy(first);
            assertThat(nodes.at(other, word + "yes")).startsWith("-ERR syntax error");
            nodes.await("\\+OK.*", other, word + "accept-data-loss");
            assertThat(nodes.at(other, word + "accept-data-loss")).contains("no such shard");
            nodes.await("\\+OK.*", other, "cluster addslotsrange " + slotsOfNobody(nodes, other));
            nodes.awaitOk();
            for (int i = 0; i < 30; i++) {
                nodes.awaitFollow("+OK", "set key" + i + " new");
            }
            nodes.await("(?s)((?!" + lostId + ").)*", other, "cluster nodes");
            nodes.start(first);
            nodes.await("\\+OK.*", other, "cluster meet 127.0.0.1 " + first + " " + (first + SeededNodes.PORT_STEP));
            nodes.awaitOk();
            assertThat(nodeId(nodes, first)).isNotEqualTo(lostId);
        }
    }

    /** As ADDSLOTSRANGE takes them. */
    private static String slotsOfNobody(SeededNodes nodes, int port) throws Exception {
        BitSet free = new BitSet(SlotRange.SLOTS);
        free.set(0, SlotRange.SLOTS);
        nodes.at(port, "cluster nodes")
                .lines()
                .map(line -> line.split(" ", -1))
                .flatMap(words -> Stream.of(words).skip(8))
                .map(String::strip)
                .filter(word -> word.matches("\\d+(-\\d+)?"))
                .map(word -> word.split("-", -1))
                .forEach(ends -> free.clear(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1));
        StringBuilder ranges = new StringBuilder();
        for (int slot = free.nextSetBit(0); slot >= 0; slot = free.nextSetBit(slot)) {
            int end = free.nextClearBit(slot);
            ranges.append(slot).append(' ').append(end - 1).append(' ');
            slot = end;
        }
        return ranges.toString().strip();
    }

    /** The ports of the shard that the node of this port is in, that one first. */
    private static List<Integer> shardOf(SeededNodes nodes, int port) throws Exception {
        String self = nodeId(nodes, port);
        List<String[]> lines = nodes.at(port, "cluster nodes")
                .lines()
                .map(line -> line.split(" ", -1))
                .filter(words -> words.length > 7)
                .toList();
        String primary = lines.stream()
                .filter(words -> words[0].equals(self))
                .map(words -> words[3].equals("-") ? self : words[3])
                .findFirst()
                .orElseThrow();
        List<Integer> ports = lines.stream()
                .filter(words -> words[0].equals(primary) || words[3].equals(primary))
                .map(words -> Integer.valueOf(words[1].replaceAll(".*:(\\d+)@.*", "$1")))
                .sorted((a, b) -> Boolean.compare(b == port, a == port))
                .toList();
        assertThat(ports.get(0)).isEqualTo(port);
        return ports;
    }

    /** Until the groups of this node have three voters again. */
    private static void awaitVoters(SeededNodes nodes, int port) throws Exception {
        nodes.await(".*cluster_shard_tolerates_failures:1.*", port, "cluster info");
        nodes.await(".*cluster_meta_voters:[35].*", port, "cluster info");
    }
}
