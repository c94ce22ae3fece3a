package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.net.Link;
import io.cairn.jepsen.net.Network;
import io.cairn.jepsen.process.TestCluster;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Which links a partition is made of. */
final class Sides {
    private Sides() {}

    /** The network of a cluster that has one. */
    static Network network(TestCluster cluster) {
        Network network = cluster.network();
        if (network == null) {
            throw new IllegalStateException("this fault needs a cluster whose connections pass the harness's network");
        }
        return network;
    }

    /** Both directions between these processes and all others; clients beside a process are on its side, those outside not. */
    static Set<Link> around(int processes, List<Integer> inside) {
        Set<Link> links = new LinkedHashSet<>();
        for (int p : inside) {
            for (int q = 0; q < processes; q++) {
                if (!inside.contains(q)) {
                    links.addAll(between(p, q));
                }
            }
            links.addAll(bothWays(Endpoint.OUTSIDE, Endpoint.process(p)));
        }
        return links;
    }

    /** Both directions between two processes with the clients beside them. */
    static Set<Link> between(int p, int q) {
        Set<Link> links = new LinkedHashSet<>(bothWays(Endpoint.process(p), Endpoint.process(q)));
        links.addAll(bothWays(Endpoint.beside(p), Endpoint.process(q)));
        links.addAll(bothWays(Endpoint.beside(q), Endpoint.process(p)));
        return links;
    }

    /** Both directions between processes, not those of clients; only those of {@code victims} with the others. */
    static Set<Link> peers(int processes, List<Integer> victims) {
        Set<Link> links = new LinkedHashSet<>();
        for (int p : victims) {
            for (int q = 0; q < processes; q++) {
                if (p != q) {
                    links.addAll(bothWays(Endpoint.process(p), Endpoint.process(q)));
                }
            }
        }
        return links;
    }

    /** From all other processes to one. */
    static Set<Link> in(int processes, int process) {
        Set<Link> links = new LinkedHashSet<>();
        for (int q = 0; q < processes; q++) {
            if (q != process) {
                links.add(new Link(Endpoint.process(q), Endpoint.process(process)));
            }
        }
        return links;
    }

    /** From one process to all others. */
    static Set<Link> out(int processes, int process) {
        Set<Link> links = new LinkedHashSet<>();
        in(processes, process).forEach(link -> links.add(link.back()));
        return links;
    }

    /** Against the ring: what each process says to its predecessor. */
    static Set<Link> backwards(int processes) {
        Set<Link> links = new LinkedHashSet<>();
        for (int p = 0; p < processes; p++) {
            links.add(new Link(Endpoint.process((p + 1) % processes), Endpoint.process(p)));
        }
        return links;
    }

    /** All clients, wherever they sit. */
    static List<Endpoint> clients(int processes) {
        List<Endpoint> clients = new ArrayList<>();
        IntStream.range(0, processes).forEach(p -> clients.add(Endpoint.beside(p)));
        clients.add(Endpoint.OUTSIDE);
        return clients;
    }

    static List<Link> bothWays(Endpoint a, Endpoint b) {
        Link there = new Link(a, b);
        return List.of(there, there.back());
    }
}
