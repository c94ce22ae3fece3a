package io.cairn.jepsen.nemesis;

import io.cairn.jepsen.net.Endpoint;
import io.cairn.jepsen.net.Imposed;
import io.cairn.jepsen.net.Link;
import io.cairn.jepsen.net.Rule;
import io.cairn.jepsen.process.TestCluster;
import io.cairn.jepsen.resp.NotSentException;
import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Links that delay, lose or throttle what they carry; all of it arrives in the end. */
final class Slowed implements Fault {
    /** What an echo over a struck link looks like. */
    enum Sign {
        /** Each takes longer than the two delays. */
        EACH_LATE,
        /** One of many takes a retransmission. */
        SOME_LATE,
        /** A large one takes long. */
        LARGE_LATE
    }

    private static final int ECHOES = 60;
    private static final int LARGE_BYTES = 32 * 1024;

    private final String kind;
    private final List<Integer> victims;
    private final Set<Link> links;
    private final Rule rule;
    private final Sign sign;
    private final long leastMillis;
    private final long holdMillis;
    private @Nullable Imposed imposed;

    /** @param leastMillis an echo that takes so long is a sign of the fault */
    Slowed(
            String kind,
            List<Integer> victims,
            Set<Link> links,
            Rule rule,
            Sign sign,
            long leastMillis,
            long holdMillis) {
        this.kind = kind;
        this.victims = List.copyOf(victims);
        this.links = Set.copyOf(links);
        this.rule = rule;
        this.sign = sign;
        this.leastMillis = leastMillis;
        this.holdMillis = holdMillis;
    }

    @Override
    public String kind() {
        return kind;
    }

    @Override
    public List<Integer> victims() {
        return victims;
    }

    @Override
    public long holdMillis(long drawn) {
        return holdMillis;
    }

    @Override
    public void strike(TestCluster cluster) {
        imposed = Sides.network(cluster).impose(rule, links);
    }

    @Override
    public void heal(TestCluster cluster) {
        Imposed now = imposed;
        if (now != null) {
            now.close();
        }
    }

    @Override
    public String confirm(TestCluster cluster) {
        for (Link link : links) {
            boolean asks = link.to().kind() == Endpoint.Kind.PROCESS;
            if (asks && Proof.runs(cluster, link.to().process())) {
                return confirm(cluster, link);
            }
        }
        throw new UnconfirmedException(kind + ": nobody is left to ask through the " + links.size() + " links");
    }

    private String confirm(TestCluster cluster, Link link) {
        byte[] text = new byte[sign == Sign.LARGE_LATE ? LARGE_BYTES : 1];
        int echoes = sign == Sign.SOME_LATE ? ECHOES : 1;
        try (RawClient client = Proof.connect(cluster, link.from(), link.to().process(), Proof.PATIENCE_MILLIS)) {
            long longest = 0;
            for (int i = 0; i < echoes && longest < leastMillis; i++) {
                long begin = System.nanoTime();
                client.call("ECHO".getBytes(java.nio.charset.StandardCharsets.US_ASCII), text);
                longest = Math.max(longest, Proof.since(begin));
            }
            if (longest < leastMillis) {
                throw new UnconfirmedException(
                        kind + ": an echo over " + link + " took " + longest + " ms, at most, not " + leastMillis);
            }
            return "an echo of %d bytes over %s took %d ms, unstruck about 1".formatted(text.length, link, longest);
        } catch (NotSentException | OutcomeUnknownException e) {
            throw new UnconfirmedException(kind + ": " + e.getMessage());
        }
    }
}
