package io.cairn.raft.group;

import static org.assertj.core.api.Assertions.assertThat;

import com.alipay.sofa.jraft.entity.PeerId;
import io.cairn.aof.FileVoteStore;
import io.cairn.aof.LogException;
import io.cairn.aof.VoteStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VoteMetaStorageTest {
    @TempDir
    Path root;

    private final List<String> told = new ArrayList<>();
    private final GroupHealth health = new GroupHealth() {
        @Override
        public void broken(Throwable cause) {
            told.add("broken");
        }

        @Override
        public void diskFull(boolean full) {
            told.add("full");
        }

        @Override
        public void term(long term) {
            told.add("term " + term);
        }
    };

    @Test
    void theVoteSurvivesARestart() throws Exception {
        try (FileVoteStore votes = FileVoteStore.open(root.resolve("vote"))) {
            VoteMetaStorage storage = new VoteMetaStorage(votes, health);
            assertThat(storage.getTerm()).isZero();
            assertThat(storage.getVotedFor().isEmpty()).isTrue();
            assertThat(storage.setTermAndVotedFor(3, Peers.of(TestCluster.id("a"))))
                    .isTrue();
        }
        try (FileVoteStore votes = FileVoteStore.open(root.resolve("vote"))) {
            VoteMetaStorage storage = new VoteMetaStorage(votes, health);
            assertThat(storage.getTerm()).isEqualTo(3);
            assertThat(storage.getVotedFor()).isEqualTo(Peers.of(TestCluster.id("a")));
            assertThat(storage.setTermAndVotedFor(4, PeerId.emptyPeer())).isTrue();
            assertThat(storage.getVotedFor().isEmpty()).isTrue();
            assertThat(told).containsExactly("term 3", "term 4");
        }
    }

    @Test
    void aVoteThatCannotBeSavedIsNeverGivenNotEvenLater() {
        VoteStore broken = new VoteStore() {
            private int calls;

            @Override
            public long term() {
                return 7;
            }

            @Override
            public String votedFor() {
                return "";
            }

            @Override
            public void save(long term, String votedFor) throws LogException {
                if (calls++ == 0) {
                    throw new LogException("no disk");
                }
            }
        };
        VoteMetaStorage storage = new VoteMetaStorage(broken, health);
        assertThat(storage.setVotedFor(Peers.of(TestCluster.id("a")))).isFalse();
        assertThat(storage.setVotedFor(Peers.of(TestCluster.id("b")))).isFalse();
        assertThat(told).containsExactly("broken");
    }
}
