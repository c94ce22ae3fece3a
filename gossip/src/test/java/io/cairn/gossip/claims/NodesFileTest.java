package io.cairn.gossip.claims;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodesFileTest {
    private static final String A = "a".repeat(40);
    private static final String B = "b".repeat(40);

    @TempDir
    Path directory;

    private static Saved saved() {
        SlotSet slots = SlotSet.range(0, 100).plus(SlotSet.one(200));
        Claim self = new Claim(
                A, 9, new Place("127.0.0.1", 7001, 17_001, "host.example"), "", 5, true, 6, false, true, slots);
        Claim other = new Claim(B, 3, new Place("::1", 7002, 17_002, ""), A, 0, false, 0, true, false, SlotSet.NONE);
        Ballot ballot = new Ballot(7, Ballot.Kind.MOVE, slots, Map.of(A, 5L));
        return new Saved(
                self,
                List.of(other),
                7,
                6,
                B,
                List.of(new Grant(B, ballot)),
                List.of(new Ban("c".repeat(40), 2, true)),
                Map.of(200, B),
                Map.of(300, B),
                List.of(new Promise("d".repeat(40), 12, A, slots, 5)));
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        NodesFile.write(directory, saved());
        assertThat(NodesFile.read(directory)).isEqualTo(saved());
        assertThat(Files.readString(directory.resolve(NodesFile.NAME)))
                .startsWith(A + " 127.0.0.1:7001@17001,host.example myself,master - 0 0 5 connected 0-100 200 [200->-")
                .contains("vars currentEpoch 7 lastVoteEpoch 6\n");
    }

    @Test
    void nothingIsReadOfAFileThatWasCutOrChanged() throws IOException {
        assertThat(NodesFile.read(directory)).isNull();
        NodesFile.write(directory, saved());
        Path file = directory.resolve(NodesFile.NAME);
        String text = Files.readString(file);
        Files.writeString(file, text.replace("lastVoteEpoch 6", "lastVoteEpoch 5"));
        assertThatThrownBy(() -> NodesFile.read(directory)).hasMessageContaining("checksum");
        Files.writeString(file, text.substring(0, text.length() / 2));
        assertThatThrownBy(() -> NodesFile.read(directory)).isInstanceOf(IOException.class);
    }
}
