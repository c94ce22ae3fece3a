package io.cairn.jepsen.net;

import java.util.ArrayList;
import java.util.List;

/** A link as the proxies keep it: its rules and counters. Network thread only. */
final class Wire {
    final Link link;
    private final List<Rule> rules = new ArrayList<>();
    private Rule rule = Rule.PASS;
    /** Changes with the rule, so that pipes count from the change. */
    private int version;

    private long received;
    private long forwarded;
    private long resets;
    private int connections;

    Wire(Link link) {
        this.link = link;
    }

    Rule rule() {
        return rule;
    }

    int version() {
        return version;
    }

    void add(Rule added) {
        rules.add(added);
        combine();
    }

    void remove(Rule removed) {
        rules.remove(removed);
        combine();
    }

    private void combine() {
        rule = rules.stream().reduce(Rule.PASS, Rule::and);
        version++;
    }

    void received(long bytes) {
        received += bytes;
    }

    void forwarded(long bytes) {
        forwarded += bytes;
    }

    void reset() {
        resets++;
    }

    void connections(int change) {
        connections += change;
    }

    /** {@code held} is known to the pipes. */
    Counters counters(long held) {
        return new Counters(received, forwarded, held, resets, connections);
    }
}
