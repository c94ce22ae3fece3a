package io.cairn.gossip;

import io.scalecube.cluster.Member;
import io.scalecube.cluster.membership.MemberStatus;
import io.scalecube.cluster.transport.api.Message;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks seeds until they are members, again if they are lost, with one log line per change of state. ScaleCube's own seeds
 * are fixed at its start and log every failure, so it gets none; this sends what it would send, a sync with our record.
 * Runs on the thread {@code gossip-seeds}, which may block on name lookups.
 */
final class Seeds {
    /** Between two rounds. */
    static final long ROUND_MILLIS = 1_000;

    private static final Logger log = LoggerFactory.getLogger(Gossip.class);
    private static final Duration ANSWER = Duration.ofMillis(900);
    /** Seeds by CLUSTER MEET that did not answer yet; Redis gives up after the node timeout, this after as many rounds. */
    private static final int MAX_MEET_ROUNDS = 300;

    private static final int MAX_MEETING = 1_024;

    private static final class Target {
        final SeedAddress seed;
        final boolean configured;
        volatile @Nullable String memberAddress;
        volatile boolean silent;
        final CompletableFuture<String> answered = new CompletableFuture<>();
        int rounds;

        Target(SeedAddress seed, boolean configured) {
            this.seed = seed;
            this.configured = configured;
        }
    }

    private final List<Target> targets = new CopyOnWriteArrayList<>();
    private final PeerTransport transport;
    private final Roster roster;
    private final Supplier<List<String>> lost;
    private final Member self;
    private final Runnable heard;
    private int lostIndex;

    Seeds(
            List<SeedAddress> configured,
            PeerTransport transport,
            Roster roster,
            Supplier<List<String>> lost,
            Member self,
            Runnable heard) {
        this.transport = transport;
        this.roster = roster;
        this.lost = lost;
        this.self = self;
        this.heard = heard;
        configured.forEach(seed -> targets.add(new Target(seed, true)));
    }

    CompletableFuture<String> meet(SeedAddress seed) {
        Target target = new Target(seed, false);
        if (targets.size() < MAX_MEETING) {
            targets.add(target);
        } else {
            target.answered.completeExceptionally(new IllegalStateException("too many nodes are being met"));
        }
        return target.answered;
    }

    /** One round. */
    void ask() {
        for (Target target : List.copyOf(targets)) {
            String member = target.memberAddress;
            if (member != null && roster.knows(member)) {
                if (!target.configured) {
                    targets.remove(target);
                }
                continue;
            }
            if (!target.configured && ++target.rounds > MAX_MEET_ROUNDS) {
                log.warn("gossip {}: gave up meeting {}", self.address(), target.seed);
                target.answered.completeExceptionally(new IllegalStateException("no answer"));
                targets.remove(target);
                continue;
            }
            ask(target);
        }
        List<String> addresses = lost.get();
        if (!addresses.isEmpty()) {
            sync(addresses.get(Math.floorMod(lostIndex++, addresses.size())), ack -> {}, error -> {});
        }
    }

    private void ask(Target target) {
        String address;
        try {
            address = InetAddress.getByName(target.seed.host()).getHostAddress() + ":" + target.seed.busPort();
        } catch (UnknownHostException e) {
            silent(target, "its name is unknown");
            return;
        }
        if (address.equals(self.address())) {
            targets.remove(target);
            target.answered.complete(address);
            return;
        }
        sync(
                address,
                ack -> {
                    target.answered.complete(ack.sender());
                    if (ack.sender().equals(self.address())) {
                        targets.remove(target);
                        return;
                    }
                    target.memberAddress = ack.sender();
                    if (target.silent) {
                        target.silent = false;
                        log.info("gossip {}: seed {} answers now", self.address(), target.seed);
                    }
                },
                error -> silent(target, String.valueOf(error.getMessage())));
    }

    private void silent(Target target, String why) {
        if (!target.silent) {
            target.silent = true;
            log.info("gossip {}: seed {} does not answer yet, asking on: {}", self.address(), target.seed, why);
        }
    }

    private void sync(
            String address,
            java.util.function.Consumer<Message> answered,
            java.util.function.Consumer<Throwable> failed) {
        Message question = Message.withData(ownRecord())
                .qualifier(MessageRules.SYNC)
                .correlationId(UUID.randomUUID().toString())
                .sender(self.address())
                .build();
        transport
                .requestResponse(address, question)
                .timeout(ANSWER)
                .subscribe(
                        ack -> {
                            answered.accept(ack);
                            // ScaleCube passes over acks with a correlation id that it did not ask for.
                            transport.inject(
                                    Message.with(ack).correlationId(null).build());
                            heard.run();
                        },
                        failed);
    }

    /** A sync with one record: this node, alive. Made through the reader, as ScaleCube's constructors are not public. */
    private Object ownRecord() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeByte(WireType.SYNC.tag());
            out.writeInt(1);
            out.writeByte(WireType.RECORD.tag());
            new WireWriter(bytes, (id, status, incarnation) -> {}).writeObject(self);
            out.writeByte(WireType.STATUS.tag());
            out.writeByte(WireType.STATUS.code(MemberStatus.ALIVE));
            out.writeInt(0);
            return new WireReader(bytes.toByteArray(), 0, (id, status, incarnation) -> {}).readObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
