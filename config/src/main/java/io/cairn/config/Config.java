package io.cairn.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of one process. Reads are one volatile load, from any thread; changes are serialized. A process may
 * host several nodes: {@link #forNode} is a node's view, which shares every value but {@code port}, so CONFIG SET at one
 * node sets the value for its whole process, as the process has one file.
 */
public final class Config {
    /** Redis: CLUSTER_PORT_INCR. */
    public static final int BUS_PORT_OFFSET = 10_000;
    /** Where Raft listens unless cluster-raft-port says so. */
    public static final int RAFT_PORT_OFFSET = 20_000;

    private static final int MAX_PORT = 65_535;

    /** They name a port for each node, or 0 for what each has by itself. */
    private static final List<Key<List<Integer>>> PORTS_OF_NODES = List.of(
            Keys.CLUSTER_PORT, Keys.CLUSTER_RAFT_PORT, Keys.CLUSTER_ANNOUNCE_PORT, Keys.CLUSTER_ANNOUNCE_BUS_PORT);

    /** What all views of one process share. */
    private static final class State {
        final AtomicReferenceArray<Object> values = new AtomicReferenceArray<>(KeyTable.size());
        final Set<Key<?>> set = new LinkedHashSet<>();
        final List<Registration<?>> listeners = new CopyOnWriteArrayList<>();
        final List<String> warnings = new ArrayList<>();
        final Set<Key<?>> warned = new HashSet<>();
        final Map<Key<?>, Shared> shared = new HashMap<>();
        final @Nullable Path file;

        State(@Nullable Path file) {
            this.file = file;
            for (Key<?> key : KeyTable.keys()) {
                values.set(key.index, key.defaultValue());
            }
        }
    }

    /** Where the value of a key on which a cluster agrees came from, and what it was before. */
    private record Shared(String clusterId, long version, String before) {}

    private record Registration<T>(Key<T> key, ConfigListener<T> listener) {
        void tell(Object value) throws BadValueException {
            @SuppressWarnings("unchecked") // Values are stored under their own key only.
            T typed = (T) value;
            listener.changed(typed);
        }
    }

    private final State state;
    /** The port of the node whose view this is, or 0 for the whole process. */
    private final int nodePort;

    private Config(State state, int nodePort) {
        this.state = state;
        this.nodePort = nodePort;
    }

    /** A configuration of defaults and the given command line, for tests and tools. */
    public static Config of(String... commandLine) throws ConfigException {
        return load(null, List.of(commandLine));
    }

    /**
     * Reads a file (if any), then a command line over it.
     *
     * @param file in redis.conf syntax
     * @param commandLine {@code --key value...} words
     * @throws ConfigException at the first directive that cannot be taken
     */
    public static Config load(@Nullable Path file, List<String> commandLine) throws ConfigException {
        State state = new State(file == null ? null : file.toAbsolutePath());
        Config config = new Config(state, 0);
        if (file != null) {
            config.take(DirectiveReader.file(file));
        }
        config.take(DirectiveReader.commandLine(commandLine));
        config.checkPorts();
        return config;
    }

    private void take(List<Directive> directives) throws ConfigException {
        Set<Key<?>> seen = new HashSet<>();
        for (Directive directive : directives) {
            Key<?> key = KeyTable.find(directive.name());
            if (key == null) {
                throw directive.refused("Bad directive or wrong number of arguments");
            }
            if (directive.arguments().isEmpty()) {
                throw directive.refused("wrong number of arguments");
            }
            try {
                state.values.set(key.index, parsed(key, directive.arguments(), !seen.add(key)));
            } catch (BadValueException e) {
                throw directive.refused(reason(e));
            }
            state.set.add(key);
            if (key.listed()) {
                warn(key);
            }
        }
    }

    private <T> Object parsed(Key<T> key, List<String> arguments, boolean further) throws BadValueException {
        T current = get(key);
        T value = further ? key.type().further(arguments, current) : key.type().parse(arguments, current);
        String refusal = key.refusal();
        if (refusal != null && !value.equals(key.defaultValue())) {
            throw new BadValueException(refusal);
        }
        return value;
    }

    private void warn(Key<?> key) {
        if (state.warned.add(key)) {
            state.warnings.add("'" + key.name() + "' means nothing here: accepted and ignored");
        }
    }

    private void checkPorts() throws ConfigException {
        for (Key<List<Integer>> key : PORTS_OF_NODES) {
            String wrong = wrongPorts(key, get(key));
            if (wrong != null) {
                throw new ConfigException("*** FATAL CONFIG FILE ERROR *** " + wrong);
            }
        }
    }

    /** Why a value would be refused at the next start, or null. */
    private @Nullable String wrongPorts(Key<?> key, Object value) {
        int nodes = ports().size();
        return PORTS_OF_NODES.contains(key)
                        && value instanceof List<?> ports
                        && ports.size() != nodes
                        && !ports.equals(List.of(0))
                ? "'" + key.name() + "' names " + ports.size() + " ports, 'port' names " + nodes
                : null;
    }

    /** The current value: one volatile read, without allocation. */
    @SuppressWarnings("unchecked") // Values are stored under their own key only.
    public <T> T get(Key<T> key) {
        if (nodePort != 0 && key == (Key<?>) Keys.PORT) {
            return (T) List.of(nodePort);
        }
        return (T) state.values.get(key.index);
    }

    /**
     * Puts a value in force at the start where the key's own does not count, so that CONFIG GET says what is true. No
     * listener is told, and {@link #isSet} does not change.
     */
    public <T> void force(Key<T> key, T value) {
        synchronized (state) {
            state.values.set(key.index, value);
        }
    }

    /** True if a file, the command line or CONFIG SET named the key. */
    public boolean isSet(Key<?> key) {
        synchronized (state) {
            return state.set.contains(key);
        }
    }

    /** The value as CONFIG GET shows it. */
    public <T> String show(Key<T> key) {
        return key.type().show(get(key));
    }

    /** The view of the node that listens on this port. */
    public Config forNode(int port) {
        if (!get(Keys.PORT).contains(port)) {
            throw new IllegalArgumentException("no node of this process has port " + port);
        }
        return new Config(state, port);
    }

    /** The client ports of all nodes of the process. */
    @SuppressWarnings("unchecked") // As in get.
    public List<Integer> ports() {
        return (List<Integer>) state.values.get(Keys.PORT.index);
    }

    /** The client port of this node (of the first node in the view of the whole process). */
    public int port() {
        return nodePort == 0 ? ports().get(0) : nodePort;
    }

    /** The gossip port of this node. */
    public int busPort() {
        return portOf(Keys.CLUSTER_PORT, port() + BUS_PORT_OFFSET);
    }

    /** The Raft port of this node. */
    public int raftPort() {
        return portOf(Keys.CLUSTER_RAFT_PORT, port() + RAFT_PORT_OFFSET);
    }

    /** The client port this node tells others. */
    public int announcePort() {
        return portOf(Keys.CLUSTER_ANNOUNCE_PORT, port());
    }

    /** The gossip port this node tells others. */
    public int announceBusPort() {
        return portOf(Keys.CLUSTER_ANNOUNCE_BUS_PORT, busPort());
    }

    private int portOf(Key<List<Integer>> key, int fallback) {
        List<Integer> ports = get(key);
        int at = ports().indexOf(port());
        int port = at < ports.size() ? ports.get(at) : 0;
        int chosen = port == 0 ? fallback : port;
        if (chosen > MAX_PORT) {
            throw new IllegalStateException(
                    key.name() + " must be set: port " + port() + " leaves no room for " + chosen);
        }
        return chosen;
    }

    /** Lines to log at the start, one for each key that means nothing here. */
    public List<String> warnings() {
        synchronized (state) {
            return List.copyOf(state.warnings);
        }
    }

    /** Every key with its value, as lines of a file. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (Key<?> key : KeyTable.keys()) {
            lines.addAll(linesOf(key));
        }
        return lines;
    }

    <T> List<String> linesOf(Key<T> key) {
        return key.type().lines(get(key)).stream()
                .map(line -> key.name() + " " + line)
                .toList();
    }

    /** The file this configuration was read from, or null. */
    public @Nullable Path file() {
        return state.file;
    }

    /** Tells {@code listener} of every later change of {@code key}. */
    public <T> void onChange(Key<T> key, ConfigListener<T> listener) {
        state.listeners.add(new Registration<>(key, listener));
    }

    /** CONFIG GET: names (also older names) that match any of the patterns, with their values. */
    public Map<String, String> matching(List<String> patterns) {
        Map<String, String> found = new LinkedHashMap<>();
        for (Key<?> key : KeyTable.keys()) {
            for (String pattern : patterns) {
                String alias = key.alias();
                if (Glob.matches(Key.canonical(pattern), key.name())) {
                    found.put(key.name(), show(key));
                }
                if (alias != null && Glob.matches(Key.canonical(pattern), alias)) {
                    found.put(alias, show(key));
                }
            }
        }
        return found;
    }

    /**
     * CONFIG SET: takes all pairs or none.
     *
     * @param pairs name, value, name, value ...
     * @throws ConfigException with the whole error reply in Redis's words
     */
    public void set(List<String> pairs) throws ConfigException {
        if (pairs.isEmpty() || pairs.size() % 2 != 0) {
            throw new ConfigException("ERR wrong number of arguments for 'config|set' command");
        }
        synchronized (state) {
            Map<Key<?>, Object> changes = new LinkedHashMap<>();
            for (int i = 0; i < pairs.size(); i += 2) {
                Key<?> key = changeable(pairs.get(i), changes.keySet());
                try {
                    changes.put(key, parsed(key, words(key, pairs.get(i + 1)), false));
                } catch (BadValueException e) {
                    throw refused(pairs.get(i), reason(e));
                }
                String wrong = wrongPorts(key, Objects.requireNonNull(changes.get(key)));
                if (wrong != null) {
                    throw refused(pairs.get(i), wrong);
                }
            }
            apply(changes);
        }
    }

    /**
     * The pairs of a CONFIG SET by who sets them.
     *
     * @param cluster those of {@link ClusterScope}, under their keys' names
     * @param node the others
     */
    public record Pairs(List<String> cluster, List<String> node) {}

    /**
     * Checks the pairs of a CONFIG SET as {@link #set} would, without setting anything.
     *
     * @throws ConfigException with the whole error reply in Redis's words
     */
    public Pairs pairs(List<String> pairs) throws ConfigException {
        if (pairs.isEmpty() || pairs.size() % 2 != 0) {
            throw new ConfigException("ERR wrong number of arguments for 'config|set' command");
        }
        Set<Key<?>> taken = new HashSet<>();
        List<String> cluster = new ArrayList<>();
        List<String> node = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i += 2) {
            Key<?> key = changeable(pairs.get(i), taken);
            taken.add(key);
            try {
                parsed(key, words(key, pairs.get(i + 1)), false);
            } catch (BadValueException e) {
                throw refused(pairs.get(i), reason(e));
            }
            List<String> to = ClusterScope.contains(key) ? cluster : node;
            to.add(key.name());
            to.add(pairs.get(i + 1));
        }
        return new Pairs(cluster, node);
    }

    /**
     * Takes what the cluster has set, unless it has told something later of the key already.
     *
     * @param version of the value in that cluster; a later one is higher
     * @throws ConfigException when this build or machine cannot take it
     */
    public void setShared(String clusterId, String name, String value, long version) throws ConfigException {
        synchronized (state) {
            Key<?> key = KeyTable.find(name);
            if (key == null || !ClusterScope.contains(key)) {
                throw new ConfigException("'" + name + "' is no key on which a cluster agrees");
            }
            Shared known = state.shared.get(key);
            if (known != null && known.clusterId().equals(clusterId) && known.version() >= version) {
                return;
            }
            String before = known == null ? show(key) : known.before();
            state.shared.put(key, new Shared(clusterId, version, before));
            set(List.of(name, value));
        }
    }

    /** The cluster that this node is in now says nothing of the key that another had set: its value before comes back. */
    public void forgetShared(String clusterId, String name) throws ConfigException {
        synchronized (state) {
            Key<?> key = KeyTable.find(name);
            Shared known = key == null ? null : state.shared.get(key);
            if (key != null && known != null && !known.clusterId().equals(clusterId)) {
                state.shared.remove(key);
                set(List.of(name, known.before()));
            }
        }
    }

    private static Key<?> changeable(String name, Set<Key<?>> taken) throws ConfigException {
        Key<?> key = KeyTable.find(name);
        if (key == null) {
            throw new ConfigException("ERR Unknown option or number of arguments for CONFIG SET - '" + name + "'");
        }
        if (!key.changeable()) {
            throw refused(name, "can't set immutable config");
        }
        if (taken.contains(key)) {
            throw refused(name, "duplicate parameter");
        }
        return key;
    }

    private static List<String> words(Key<?> key, String value) {
        return key.type().severalArguments() && !value.isBlank()
                ? List.of(value.strip().split("\\s+"))
                : List.of(value);
    }

    private void apply(Map<Key<?>, Object> changes) throws ConfigException {
        Map<Key<?>, Object> before = new LinkedHashMap<>();
        changes.forEach((key, value) -> before.put(key, state.values.getAndSet(key.index, value)));
        List<Registration<?>> told = new ArrayList<>();
        for (Registration<?> registration : state.listeners) {
            Object value = changes.get(registration.key());
            if (value == null || value.equals(before.get(registration.key()))) {
                continue;
            }
            try {
                registration.tell(value);
                told.add(registration);
            } catch (BadValueException e) {
                before.forEach((key, old) -> state.values.set(key.index, old));
                tellAgain(told, before);
                throw refused(registration.key().name(), reason(e));
            }
        }
        state.set.addAll(changes.keySet());
        changes.keySet().stream().filter(Key::listed).forEach(this::warn);
    }

    private static void tellAgain(List<Registration<?>> told, Map<Key<?>, Object> before) {
        for (Registration<?> registration : told) {
            Object old = before.get(registration.key());
            if (old == null) {
                throw new IllegalStateException(registration.key() + " was not among the changes");
            }
            try {
                registration.tell(old);
            } catch (BadValueException e) {
                // The old value was good before: a listener that refuses it now is a bug of the listener.
                throw new IllegalStateException("cannot go back to the old value of " + registration.key(), e);
            }
        }
    }

    /** CONFIG REWRITE: writes the current values into the file, keeping its comments, order and includes. */
    public void rewrite() throws ConfigException {
        Path file = state.file;
        if (file == null) {
            throw new ConfigException("ERR The server is running without a config file");
        }
        synchronized (state) {
            ConfigRewrite.rewrite(file, new Config(state, 0));
        }
    }

    private static ConfigException refused(String name, String why) {
        return new ConfigException("ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + why);
    }

    private static String reason(BadValueException e) {
        String message = e.getMessage();
        return message == null ? "bad value" : message;
    }
}
