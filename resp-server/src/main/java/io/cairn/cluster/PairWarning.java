package io.cairn.cluster;

import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.Shard;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log, once per shard, that a shard of two voters stops when either is lost: {@code redis-cli --cluster create} with
 * one replica each makes such shards, as it may with Redis, where they do bear a failure. On the meta group's apply thread.
 */
final class PairWarning implements Consumer<ClusterMap> {
    private static final Logger LOG = LoggerFactory.getLogger(PairWarning.class);

    private final Set<String> told = new HashSet<>();

    @Override
    public void accept(ClusterMap map) {
        Set<String> pairs = new HashSet<>();
        for (Shard shard : map.shards()) {
            if (shard.voters().size() == 2) {
                pairs.add(shard.id());
                if (!told.contains(shard.id())) {
                    LOG.warn(
                            "shard {} has two voters and tolerates no failure: a third replica would make it bear one",
                            shard.id());
                }
            }
        }
        told.clear();
        told.addAll(pairs);
    }
}
