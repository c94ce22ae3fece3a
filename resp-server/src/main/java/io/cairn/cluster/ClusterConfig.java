package io.cairn.cluster;

import io.cairn.command.ClusterSettings;
import io.cairn.config.Config;
import io.cairn.config.ConfigException;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterValue;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.MetaResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings on which the cluster agrees, as named values of the meta map: {@code config/<key>} to {@code =<value>} (so
 * that an empty value is one). What the map says is in force here, whatever the configuration file says.
 */
final class ClusterConfig implements ClusterSettings {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterConfig.class);
    private static final String PREFIX = "config/";

    private final Config config;
    private final MetaGroup meta;
    /** What this node has taken from its map, and from which cluster's; on the apply thread. */
    private final Map<String, Long> taken = new HashMap<>();

    private String takenFrom = "";

    ClusterConfig(Config config, MetaGroup meta) {
        this.config = config;
        this.meta = meta;
        meta.onChange(this::take);
    }

    @Override
    public boolean isShared() {
        // Not what the map says: after a start it is empty until the others have told what is in it.
        return !meta.clusterId().isEmpty();
    }

    @Override
    public void set(List<String> pairs, Consumer<String> done) {
        List<MetaCommand.Change> changes = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i += 2) {
            changes.add(new MetaCommand.Change(PREFIX + pairs.get(i), MetaCommand.Change.ANY, "=" + pairs.get(i + 1)));
        }
        meta.propose(new MetaCommand.SetValues(changes))
                .thenCompose(this::outcome)
                .whenComplete(
                        (why, failure) -> done.accept(failure == null ? why : String.valueOf(failure.getMessage())));
    }

    private CompletableFuture<String> outcome(MetaResult result) {
        return switch (result.outcome()) {
            case APPLIED -> meta.await(result.version()).thenApply(done -> "");
            case REFUSED, NOT_TAKEN -> CompletableFuture.completedFuture(result.reason());
            case UNKNOWN ->
                CompletableFuture.completedFuture(
                        "it is not known whether the cluster has taken it: " + result.reason());
        };
    }

    /** On the apply thread of the meta group. */
    private void take(ClusterMap map) {
        if (!map.isFormed()) {
            return;
        }
        if (!takenFrom.equals(map.clusterId())) {
            List<String> before = List.copyOf(taken.keySet());
            taken.clear();
            takenFrom = map.clusterId();
            for (String name : before) {
                if (map.value(PREFIX + name) == null) {
                    attempt(name, () -> config.forgetShared(map.clusterId(), name));
                }
            }
        }
        for (Map.Entry<String, ClusterValue> entry :
                map.values().tailMap(PREFIX, true).entrySet()) {
            if (!entry.getKey().startsWith(PREFIX)) {
                return;
            }
            String name = entry.getKey().substring(PREFIX.length());
            ClusterValue value = entry.getValue();
            Long known = taken.put(name, value.version());
            if (known == null || known < value.version()) {
                String text = value.text().substring(1);
                attempt(name, () -> config.setShared(map.clusterId(), name, text, value.version()));
            }
        }
    }

    /** What the cluster has set, by key. */
    static Map<String, String> settings(ClusterMap map) {
        Map<String, String> settings = new TreeMap<>();
        map.values().forEach((name, value) -> {
            if (name.startsWith(PREFIX)) {
                settings.put(name.substring(PREFIX.length()), value.text().substring(1));
            }
        });
        return settings;
    }

    private interface Setting {
        void set() throws ConfigException;
    }

    /** What one node cannot take does not stop it: it says so, and the others go on with it. */
    private static void attempt(String name, Setting setting) {
        try {
            setting.set();
        } catch (ConfigException e) {
            LOG.error("the cluster has set {}, which this node cannot take: {}", name, e.getMessage());
        }
    }
}
