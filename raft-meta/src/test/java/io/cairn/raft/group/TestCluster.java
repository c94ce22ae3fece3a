package io.cairn.raft.group;

import io.cairn.aof.FsyncPolicy;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Hosts in this JVM over loopback sockets, each with one replica of group "g". */
final class TestCluster implements AutoCloseable, PeerAddresses {
    static final int ELECTION_TIMEOUT_MILLIS = 300;
    static final String GROUP = "g";

    private static final int PORTS = 500;
    /** Of this JVM: tests run in two at a time. */
    private static final int FIRST_PORT = 25_500 + PORTS * Integer.getInteger("cairn.fork", 0);

    private static final AtomicInteger NEXT_PORT = new AtomicInteger();

    private final Path root;
    private final RaftThreads threads = new RaftThreads();
    private final Map<String, InetSocketAddress> addresses = new ConcurrentHashMap<>();
    final Map<String, Member> members = new ConcurrentSkipListMap<>();
    final Set<String> cut = ConcurrentHashMap.newKeySet();
    final Set<String> removed = ConcurrentHashMap.newKeySet();

    TestCluster(Path root) {
        this.root = root;
    }

    /** A host and its replica. */
    static final class Member {
        final String name;
        final RaftHost host;
        final Ledger ledger;
        final RaftGroup group;

        Member(String name, RaftHost host, Ledger ledger, RaftGroup group) {
            this.name = name;
            this.host = host;
            this.ledger = ledger;
            this.group = group;
        }
    }

    /** "a" as the id of node "aaaa...". */
    static String id(String name) {
        return name.repeat(40);
    }

    static String name(String id) {
        return id.substring(0, 1);
    }

    static String names(Collection<String> ids) {
        return ids.stream().map(TestCluster::name).sorted().reduce("", String::concat);
    }

    static List<String> ids(String names) {
        List<String> ids = new ArrayList<>();
        for (String name : names.split("")) {
            if (!name.isEmpty()) {
                ids.add(id(name));
            }
        }
        return ids;
    }

    @Override
    public @Nullable InetSocketAddress resolve(String nodeId) {
        return addresses.get(nodeId);
    }

    @Override
    public boolean isRemoved(String nodeId) {
        return removed.contains(nodeId);
    }

    RaftThreads threads() {
        return threads;
    }

    RaftHost startHost(String name, @Nullable String clusterId) throws IOException {
        return startHost(name, clusterId, new AofLogs());
    }

    RaftHost startHost(String name, @Nullable String clusterId, LogOpener opener) throws IOException {
        InetSocketAddress bind =
                addresses.getOrDefault(id(name), new InetSocketAddress(InetAddress.getLoopbackAddress(), freePort()));
        RaftHost host =
                RaftHost.start(new HostOptions(id(name), bind, this, clusterId, new byte[] {7}, threads), opener);
        addresses.put(id(name), host.address());
        host.setFilter((from, to) -> cut.contains(name(from)) != cut.contains(name(to)));
        return host;
    }

    /** One that no outgoing connection of the machine gets while its member is down. */
    private static int freePort() throws IOException {
        IOException last = new IOException("no port");
        for (int tries = 0; tries < PORTS; tries++) {
            int port = FIRST_PORT + NEXT_PORT.getAndIncrement() % PORTS;
            try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (BindException taken) {
                last = taken;
            }
        }
        throw last;
    }

    Member start(String name, String voters) throws IOException {
        return start(name, voters, new AofLogs());
    }

    Member start(String name, String voters, LogOpener opener) throws IOException {
        RaftHost host = startHost(name, "test-cluster", opener);
        Ledger ledger = new Ledger();
        RaftGroup group = host.open(options(GROUP, name, voters), ledger);
        Member member = new Member(name, host, ledger, group);
        members.put(name, member);
        return member;
    }

    GroupOptions options(String group, String name, String voters) {
        return new GroupOptions(
                group,
                root.resolve(name).resolve(group),
                ids(voters),
                List.of(),
                ELECTION_TIMEOUT_MILLIS,
                FsyncPolicy.ALWAYS,
                1 << 20);
    }

    TestCluster startAll(String names) throws IOException {
        for (String name : names.split("")) {
            start(name, names);
        }
        return this;
    }

    /** Writes the base that a member begins with. */
    void base(String name, String voters, long index, List<String> lines) throws IOException {
        GroupBase.write(
                options(GROUP, name, voters).directory(),
                index,
                ids(voters),
                dir -> Files.write(dir.resolve(GroupBase.FILE), lines));
    }

    void stop(String name) {
        Member member = members.remove(name);
        if (member != null) {
            member.host.close();
        }
    }

    void kill(String name) {
        Member member = members.remove(name);
        if (member != null) {
            member.host.kill();
        }
    }

    /** The one leader that all running, uncut members follow. */
    Member leader() {
        List<Member> found = new ArrayList<>();
        Eventually.eventually("a leader among " + members.keySet(), () -> {
            found.clear();
            for (Member member : members.values()) {
                if (!cut.contains(member.name) && member.group.isLeader()) {
                    found.add(member);
                }
            }
            return found.size() == 1;
        });
        return found.get(0);
    }

    List<Member> followers() {
        Member leader = leader();
        List<Member> others = new ArrayList<>(members.values());
        others.remove(leader);
        return others;
    }

    static String propose(RaftGroup group, String line) {
        return submit(group, line).outcome.join();
    }

    static Attempt submit(RaftGroup group, String line) {
        Attempt attempt = new Attempt();
        group.propose(ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)), attempt);
        return attempt;
    }

    /** Proposes at whoever leads until it is applied, each attempt with a line of its own. */
    String write(String line) {
        String[] written = new String[1];
        int[] tries = new int[1];
        Eventually.eventually("a write of " + line, () -> {
            for (Member member : members.values()) {
                if (!cut.contains(member.name) && member.group.isLeader()) {
                    String attempt = tries[0]++ == 0 ? line : line + "#" + tries[0];
                    if (propose(member.group, attempt).equals("applied")) {
                        written[0] = attempt;
                        return true;
                    }
                }
            }
            return false;
        });
        return written[0];
    }

    void awaitEverywhere(String line) {
        for (Member member : members.values()) {
            Eventually.eventually(line + " at " + member.name, () -> member.ledger.contains(line));
        }
    }

    static String read(RaftGroup group) {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        group.readBarrier(new ReadBarrier() {
            @Override
            public void passed() {
                outcome.complete("passed");
            }

            @Override
            public void refused(Failure failure) {
                outcome.complete(failure.name());
            }
        });
        return outcome.join();
    }

    @Override
    public void close() {
        cut.clear();
        for (String name : new HashSet<>(members.keySet())) {
            stop(name);
        }
        threads.close();
    }
}
