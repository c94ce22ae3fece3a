package io.cairn.raft.group;

import com.alipay.sofa.jraft.entity.PeerId;
import com.alipay.sofa.jraft.option.RaftMetaStorageOptions;
import com.alipay.sofa.jraft.storage.RaftMetaStorage;
import io.cairn.aof.LogException;
import io.cairn.aof.VoteStore;

/**
 * The library's term and vote over {@link VoteStore}, which fsyncs every change. The library raises its term in memory
 * even when this fails (stepDown), so after a failure nothing succeeds any more: a vote cannot be given twice.
 */
final class VoteMetaStorage implements RaftMetaStorage {
    private final VoteStore votes;
    private final GroupHealth health;
    private volatile boolean failed;

    VoteMetaStorage(VoteStore votes, GroupHealth health) {
        this.votes = votes;
        this.health = health;
    }

    @Override
    public boolean init(RaftMetaStorageOptions options) {
        return true;
    }

    @Override
    public void shutdown() {
        // Every change is on disk already; a vote that comes later fails and is not given.
        if (votes instanceof AutoCloseable closeable) {
            try {
                closeable.close();
            } catch (Exception e) {
                health.broken(e);
            }
        }
    }

    @Override
    public long getTerm() {
        return votes.term();
    }

    @Override
    public PeerId getVotedFor() {
        String nodeId = votes.votedFor();
        return nodeId.isEmpty() ? PeerId.emptyPeer() : Peers.of(nodeId);
    }

    @Override
    public boolean setTerm(long term) {
        return save(term, term == votes.term() ? votes.votedFor() : "");
    }

    @Override
    public boolean setVotedFor(PeerId peer) {
        return save(votes.term(), name(peer));
    }

    @Override
    public boolean setTermAndVotedFor(long term, PeerId peer) {
        return save(term, name(peer));
    }

    private static String name(PeerId peer) {
        return peer.isEmpty() ? "" : Peers.nodeId(peer);
    }

    private synchronized boolean save(long term, String votedFor) {
        if (failed) {
            return false;
        }
        try {
            if (term != votes.term() || !votedFor.equals(votes.votedFor())) {
                votes.save(term, votedFor);
            }
            health.term(term);
            return true;
        } catch (LogException e) {
            failed = true;
            health.broken(e);
            return false;
        }
    }
}
