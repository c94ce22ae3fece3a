package io.cairn.jepsen.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryFilesTest {
    /** By hand with two million in a heap of 1 GB, too. */
    private static final int MANY = Integer.getInteger("cairn.operations", 20_000);

    @TempDir
    Path folder;

    @Test
    void whatWasWrittenIsRead() throws IOException {
        History history = everyForm();
        HistoryFiles.write(history, folder);
        assertThat(HistoryFiles.read(folder)).isEqualTo(history);
    }

    @Test
    void linesHaveTheFormThatOtherHarnessesRead() throws IOException {
        HistoryFiles.write(everyForm(), folder);
        assertThat(Files.readAllLines(folder.resolve(HistoryFiles.OPERATIONS)))
                .contains(
                        "{\"c\":0,\"k\":\"{k}\",\"f\":\"write\",\"in\":7,\"call\":10,\"ret\":20,\"t\":\"ok\",\"node\":\"127.0.0.1:1\"}",
                        "{\"c\":1,\"k\":\"{k}\",\"f\":\"cas\",\"in\":[7,8],\"call\":15,\"ret\":-1,\"t\":\"info\","
                                + "\"err\":\"lost \\\"it\\\"\",\"end\":1015}");
    }

    @Test
    void eventsAreThoseOfJepsenInTheOrderOfTime() throws IOException {
        HistoryFiles.write(everyForm(), folder);
        assertThat(Files.readAllLines(folder.resolve(HistoryFiles.EVENTS)))
                .containsExactly(
                        "{:type :invoke, :f :write, :value 7, :key \"{k}\", :process 0, :time 10, :index 0}",
                        "{:type :info, :f :start-kill-one, :value \"process 1\", :process :nemesis, :time 12, :index 1}",
                        "{:type :invoke, :f :cas, :value [7 8], :key \"{k}\", :process 1, :time 15, :index 2}",
                        "{:type :info, :f :start-kill-one, :value \"confirmed: dead\", :process :nemesis, :time 16, :index 3}",
                        "{:type :ok, :f :write, :value 7, :key \"{k}\", :process 0, :time 20, :index 4, :node \"127.0.0.1:1\"}",
                        "{:type :invoke, :f :read, :value nil, :key \"{k}\", :process 0, :time 20, :index 5}",
                        "{:type :ok, :f :read, :value nil, :key \"{k}\", :process 0, :time 22, :index 6}",
                        "{:type :invoke, :f :txn, :value [[:append \"{t}:1\" 3] [:r \"{t}:2\" nil]], :process 0, :time 30, :index 7}",
                        "{:type :ok, :f :txn, :value [[:append \"{t}:1\" 3] [:r \"{t}:2\" [1 2]]], :process 0, :time 40, :index 8}",
                        "{:type :invoke, :f :transfer, :value {\"amount\" 3}, :key \"bank\", :process 2, :time 41, :index 9}",
                        "{:type :fail, :f :transfer, :value {\"amount\" 3}, :key \"bank\", :process 2, :time 42, :index 10, :error \"aborted\"}",
                        "{:type :info, :f :stop-kill-one, :value \"process 1\", :process :nemesis, :time 50, :index 11}",
                        "{:type :info, :f :stop-kill-one, :value \"process 1\", :process :nemesis, :time 60, :index 12}",
                        "{:type :info, :f :cas, :value [7 8], :key \"{k}\", :process 1, :time 1015, :index 13, :error \"lost \\\"it\\\"\"}");
    }

    @Test
    void aKindOfTwoFaultsIsOneKeyword() throws IOException {
        FaultWindow both = new FaultWindow("delay + log-cut", "all", List.of(0, 1), 1, 2, 3, 4, true, "seen");
        HistoryFiles.write(new History(Map.of(), List.of(), List.of(both), List.of()), folder);
        assertThat(Files.readAllLines(folder.resolve(HistoryFiles.EVENTS)))
                .hasSize(4)
                .first()
                .asString()
                .startsWith("{:type :info, :f :start-delay+log-cut, :value");
    }

    @Test
    void manyOperationsPassThrough() throws IOException {
        SplittableRandom random = new SplittableRandom(7);
        List<Outcome> outcomes = List.of(Outcome.OK, Outcome.FAIL, Outcome.INFO);
        List<Operation> operations = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            Outcome outcome = outcomes.get(random.nextInt(3));
            long call = 100L * i;
            operations.add(
                    op(i % 9, "write", "k" + i % 7, (long) i, null, call, call + random.nextInt(9_000), outcome, null));
        }
        History history = new History(Map.of("seed", 7L), operations, List.of(), List.of());
        operations.clear();
        HistoryFiles.write(history, folder);
        try (var lines = Files.lines(folder.resolve(HistoryFiles.EVENTS))) {
            assertThat(lines.count()).isEqualTo(2L * MANY);
        }
        assertThat(HistoryFiles.read(folder)).isEqualTo(history);
    }

    @Test
    void whatIsNoOperationIsRefusedWithItsLine() throws IOException {
        Path file = folder.resolve("strange");
        Files.writeString(
                file, "{\"c\":0,\"k\":\"k\",\"f\":\"read\",\"call\":1,\"ret\":2,\"t\":\"ok\"}\n{\"c\":0,\"x\":1}\n");
        assertThatThrownBy(() -> HistoryFiles.readJson(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("line 2");
        Files.writeString(file, "{\"c\":0}\n");
        assertThatThrownBy(() -> HistoryFiles.readJson(file)).hasMessageContaining("line 1: an operation has");
    }

    private static History everyForm() {
        List<Operation> operations = List.of(
                op(0, "write", "{k}", 7L, null, 10, 20, Outcome.OK, null, "127.0.0.1:1"),
                op(1, "cas", "{k}", List.of(7L, 8L), null, 15, 1015, Outcome.INFO, "lost \"it\""),
                op(0, "read", "{k}", null, null, 20, 22, Outcome.OK, null),
                op(0, "txn", "t", txn(null), txn(List.of(1L, 2L)), 30, 40, Outcome.OK, null),
                op(2, "transfer", "bank", Map.of("amount", 3L), null, 41, 42, Outcome.FAIL, "aborted"));
        FaultWindow fault = new FaultWindow("kill-one", "process 1", List.of(1), 12, 16, 50, 60, true, "dead");
        return new History(
                Map.of("workload", "all", "seed", 3L, "options", Map.of("keys", 9L)),
                operations,
                List.of(fault),
                List.of(new Phase("calm", 0, 12)));
    }

    private static List<List<@Nullable Object>> txn(@Nullable List<Long> read) {
        return List.of(Arrays.asList("append", "{t}:1", 3L), Arrays.asList("r", "{t}:2", read));
    }

    private static Operation op(
            int client,
            String f,
            String key,
            @Nullable Object in,
            @Nullable Object out,
            long call,
            long ret,
            Outcome outcome,
            @Nullable String error) {
        return op(client, f, key, in, out, call, ret, outcome, error, null);
    }

    private static Operation op(
            int client,
            String f,
            String key,
            @Nullable Object in,
            @Nullable Object out,
            long call,
            long ret,
            Outcome outcome,
            @Nullable String error,
            @Nullable String node) {
        return new Operation(client, f, key, in, out, call, ret, outcome, node, error);
    }
}
