package io.cairn.cluster;

import io.cairn.command.ClusterSettings;
import io.cairn.config.Config;
import io.cairn.config.ConfigException;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.ClusterValue;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings on which the cluster agrees, as named values of the meta map: {@code config/<key>} to {@code =<value>} (so
 * that an empty value is one). What the map says is in force here, whatever the configuration file says.
 */
final class ClusterConfig implements ClusterSettings, SharedValues.Taker {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterConfig.class);
    private static final String PREFIX = "config/";

    private final Config config;
    private final SharedValues values;

    ClusterConfig(Config config, MetaGroup meta) {
        this.config = config;
        this.values = new SharedValues(meta, PREFIX, this);
        values.follow();
    }

    @Override
    public boolean isShared() {
        return values.isShared();
    }

    @Override
    public void set(List<String> pairs, Consumer<String> done) {
        List<MetaCommand.Change> changes = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i += 2) {
            changes.add(new MetaCommand.Change(PREFIX + pairs.get(i), MetaCommand.Change.ANY, "=" + pairs.get(i + 1)));
        }
        values.set(changes)
                .whenComplete(
                        (why, failure) -> done.accept(failure == null ? why : String.valueOf(failure.getMessage())));
    }

    @Override
    public void begins(ClusterMap map, List<String> takenBefore) {
        for (String name : takenBefore) {
            if (map.value(PREFIX + name) == null) {
                attempt(name, () -> config.forgetShared(map.clusterId(), name));
            }
        }
    }

    @Override
    public void take(ClusterMap map, String name, ClusterValue value) {
        String text = value.text().substring(1);
        attempt(name, () -> config.setShared(map.clusterId(), name, text, value.version()));
    }

    /** What the cluster has set, by key. */
    static Map<String, String> settings(ClusterMap map) {
        Map<String, String> settings = new TreeMap<>();
        SharedValues.values(map, PREFIX)
                .forEach((name, value) -> settings.put(name, value.text().substring(1)));
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
