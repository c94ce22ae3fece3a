package io.cairn.cluster;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Reply;
import io.cairn.command.ServerState;
import io.cairn.command.SessionCall;
import io.cairn.command.SessionGroup;
import io.cairn.gossip.claims.ClaimsAdmin;
import io.cairn.gossip.claims.Picture;
import io.cairn.gossip.claims.SlotSet;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The CLUSTER commands that change a cluster in gossip mode (Redis: cluster.c, clusterCommand). They run on the claims' thread; those that
 * an EXEC runs one after another are one event there. What needs a vote is answered when it is decided.
 */
final class ClaimsCommands implements SessionGroup {
    private static final String CHANGE = "no_async_loading admin stale @admin @dangerous @slow";
    /** Longest wait for a vote: beyond what a ballot takes. */
    private static final long ANSWER_SECONDS = 60;

    private final Supplier<ClaimsRunner> claims;
    private final Supplier<String> newId;

    ClaimsCommands(Supplier<ClaimsRunner> claims, Supplier<String> newId) {
        this.claims = claims;
        this.newId = newId;
    }

    /** What a command does; the consumer gets the reply, once. */
    @FunctionalInterface
    private interface Word extends BiConsumer<ClaimsAdmin, Consumer<Consumer<Reply>>> {}

    /**
     * Reads a command's arguments on the event loop.
     *
     * @param clears answered when the node's old data is gone: what the node is given next is not taken for it
     */
    private record Change(SessionGroup group, Function<Args, Word> parse, boolean clears)
            implements SessionGroup.Member {
        @Override
        public void run(SessionCall call) {
            CompletableFuture<List<Consumer<Reply>>> done =
                    group.run(call.server(), List.of(new Queued(this, call.args())));
            SessionCall.Later later = call.later();
            done.thenAccept(replies -> later.complete(replies.get(0)));
        }
    }

    @Override
    public CompletableFuture<List<Consumer<Reply>>> run(ServerState server, List<Queued> calls) {
        List<Word> words = new ArrayList<>();
        List<Boolean> clears = new ArrayList<>();
        List<CompletableFuture<Consumer<Reply>>> answers = new ArrayList<>();
        for (Queued call : calls) {
            if (call.handler() instanceof Change change) {
                words.add(change.parse().apply(call.args()));
                clears.add(change.clears());
                answers.add(new CompletableFuture<>());
            }
        }
        ClaimsRunner runner = claims.get();
        runner.run(admin -> {
            for (int i = 0; i < words.size(); i++) {
                CompletableFuture<Consumer<Reply>> answer = answers.get(i);
                boolean clearing = clears.get(i);
                words.get(i).accept(admin, reply -> {
                    Runnable done = () -> answer.complete(reply);
                    admin.answer(clearing ? () -> runner.afterData(done) : done);
                });
            }
        });
        answers.forEach(answer -> answer.completeOnTimeout(ClaimsCommands::late, ANSWER_SECONDS, TimeUnit.SECONDS));
        return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> answers.stream().map(CompletableFuture::join).toList());
    }

    private Command change(String name, int arity, Function<Args, Word> parse) {
        return Command.session(name, arity, CHANGE, new Change(this, parse, false));
    }

    private static Consumer<Reply> line(@Nullable String error) {
        return error == null || error.isEmpty() ? Reply::ok : reply -> reply.error(error);
    }

    private static Word now(Function<ClaimsAdmin, @Nullable String> word) {
        return (admin, reply) -> reply.accept(line(word.apply(admin)));
    }

    private static Word error(String text) {
        return (admin, reply) -> reply.accept(line(text));
    }

    List<Command> table() {
        return List.of(
                Command.session("cluster|meet", -4, CHANGE, this::meet),
                change("cluster|addslots", -3, args -> add(args, false)),
                change("cluster|addslotsrange", -4, args -> add(args, true)),
                change("cluster|delslots", -3, args -> remove(args, false)),
                change("cluster|delslotsrange", -4, args -> remove(args, true)),
                change("cluster|flushslots", 2, args -> now(ClaimsAdmin::flushSlots)),
                change("cluster|setslot", -4, ClaimsCommands::setSlot),
                change("cluster|replicate", 3, args -> {
                    String id = args.text(2);
                    return now(admin -> admin.replicate(id));
                }),
                change("cluster|forget", 3, args -> {
                    String id = args.text(2);
                    return now(admin -> admin.forget(id));
                }),
                Command.session(
                        "cluster|reset",
                        -2,
                        "admin noscript stale @admin @dangerous @slow",
                        new Change(this, this::reset, true)),
                Command.session(
                        "cluster|failover",
                        -2,
                        "no_async_loading admin stale @admin @dangerous @slow",
                        new Change(this, ClaimsCommands::failover, false)),
                change("cluster|set-config-epoch", 3, ClaimsCommands::setConfigEpoch),
                change("cluster|bumpepoch", 2, args -> ClaimsCommands::bumpEpoch),
                change(
                        "cluster|saveconfig",
                        2,
                        args -> now(admin -> {
                            admin.save();
                            return null;
                        })),
                Command.session(
                        "cluster|count-failure-reports",
                        3,
                        "admin stale @admin @dangerous @slow",
                        this::countFailureReports));
    }

    private void meet(SessionCall call) {
        ClusterAdmin.Met met = ClusterAdmin.met(call);
        if (met == null) {
            return;
        }
        String host = met.address();
        String bus = host + ":" + met.busPort();
        claims.get().meet(host, met.busPort());
        SessionCall.Later later = call.later();
        CompletableFuture<Consumer<Reply>> done = new CompletableFuture<>();
        claims.get().run(admin -> {
            String error = admin.meet(bus);
            admin.answer(() -> done.complete(line(error)));
        });
        done.completeOnTimeout(ClaimsCommands::late, ANSWER_SECONDS, TimeUnit.SECONDS)
                .thenAccept(later::complete);
    }

    private static Word add(Args args, boolean ranges) {
        try {
            SlotSet slots = SlotSet.of(SlotAdmin.slots(args, ranges));
            return (admin, reply) -> admin.addSlots(slots, done -> reply.accept(line(done)));
        } catch (SlotAdmin.Wrong e) {
            return error(String.valueOf(e.getMessage()));
        }
    }

    private static Word remove(Args args, boolean ranges) {
        try {
            SlotSet slots = SlotSet.of(SlotAdmin.slots(args, ranges));
            return now(admin -> admin.delSlots(slots));
        } catch (SlotAdmin.Wrong e) {
            return error(String.valueOf(e.getMessage()));
        }
    }

    private static Word setSlot(Args args) {
        int slot;
        try {
            slot = SlotAdmin.slot(args, 2);
        } catch (SlotAdmin.Wrong e) {
            return error(String.valueOf(e.getMessage()));
        }
        if (args.is(3, "stable") && args.count() == 4) {
            return now(admin -> admin.stable(slot));
        }
        if (args.count() != 5) {
            return error(SlotAdmin.NO_ACTION);
        }
        String id = args.text(4);
        if (args.is(3, "migrating")) {
            return now(admin -> admin.migrating(slot, id));
        } else if (args.is(3, "importing")) {
            return now(admin -> admin.importing(slot, id));
        } else if (args.is(3, "node")) {
            return (admin, reply) -> admin.assign(slot, id, done -> reply.accept(line(done)));
        }
        return error(SlotAdmin.NO_ACTION);
    }

    private Word reset(Args args) {
        boolean hard = args.count() == 3 && args.is(2, "hard");
        if (args.count() > 3 || (args.count() == 3 && !hard && !args.is(2, "soft"))) {
            return error("ERR syntax error");
        }
        return now(admin -> admin.reset(hard ? newId.get() : null));
    }

    private static Word failover(Args args) {
        boolean force = args.count() == 3 && args.is(2, "force");
        boolean takeover = args.count() == 3 && args.is(2, "takeover");
        if (args.count() > 3 || (args.count() == 3 && !force && !takeover)) {
            return error("ERR syntax error");
        }
        return now(admin -> takeover ? admin.takeover() : admin.failover(force));
    }

    private static Word setConfigEpoch(Args args) {
        try {
            long epoch = Long.parseLong(args.text(2));
            return now(admin -> admin.setConfigEpoch(epoch));
        } catch (NumberFormatException e) {
            return error("ERR value is not an integer or out of range");
        }
    }

    private static void bumpEpoch(ClaimsAdmin admin, Consumer<Consumer<Reply>> answer) {
        admin.bumpEpoch(done -> {
            boolean well = done.startsWith("STILL ") || done.startsWith("BUMPED ");
            answer.accept(reply -> {
                if (well) {
                    reply.simple(done);
                } else {
                    reply.error(done);
                }
            });
        });
    }

    private void countFailureReports(SessionCall call) {
        Picture.Node node = claims.get().picture().node(call.args().text(2));
        if (node == null) {
            call.reply().error("ERR Unknown node " + call.args().text(2));
        } else {
            call.reply().number(node.failureReports());
        }
    }

    private static void late(Reply reply) {
        reply.error("UNKNOWNOUTCOME the change was not decided in time");
    }
}
