package io.cairn.cluster;

import io.cairn.command.Reply;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.MetaCommand;
import io.cairn.raft.meta.MetaGroup;
import io.cairn.raft.meta.MetaResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Carries out CLUSTER commands, one or those of an EXEC together as one entry of the meta log. What they are to do is found
 * by a map that has all that was committed before they came, so a node that lags refuses nothing that is right by now. A
 * change whose outcome is unknown, because the meta group's leader went away, is looked for and proposed again until it is
 * known: redis-cli stops a reshard in the middle at any error. Any thread.
 */
final class AdminRun {
    /** How long a change is tried. */
    static final long TRY_MILLIS = 15_000;

    private static final int PAUSE_MILLIS = 100;

    private final MetaGroup meta;
    private final List<Function<ClusterMap, AdminStep>> changes;
    /** A try's outcome is not known. */
    private volatile boolean uncertain;

    private final long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TRY_MILLIS);

    /** A command's line of the result: what became of it. */
    private record Decided(AdminStep step, String error) {}

    /** Steps with what was proposed for them, and the map's version that shows it. */
    private record Outcome(List<Decided> decided, long version) {}

    private AdminRun(MetaGroup meta, List<Function<ClusterMap, AdminStep>> changes) {
        this.meta = meta;
        this.changes = changes;
    }

    /** Completes with a reply for each change, in order, within about {@link #TRY_MILLIS} and as long for its effect. */
    static CompletableFuture<List<Consumer<Reply>>> run(MetaGroup meta, List<Function<ClusterMap, AdminStep>> changes) {
        return new AdminRun(meta, changes).run();
    }

    private CompletableFuture<List<Consumer<Reply>>> run() {
        return CompletableFuture.completedFuture(changes)
                .thenCompose(none -> begin())
                .thenCompose(this::decide)
                .thenCompose(this::answers)
                .exceptionally(failure -> {
                    String error = uncertain
                            ? "UNKNOWNOUTCOME The change may or may not take effect: " + reason(failure)
                            : "ERR " + reason(failure);
                    return changes.stream()
                            .<Consumer<Reply>>map(change -> reply -> reply.error(error))
                            .toList();
                });
    }

    /** A node in no cluster forms one of its own, unless there is nothing to change. */
    private CompletableFuture<List<AdminStep>> begin() {
        ClusterMap known = meta.map();
        if (!known.isFormed() && meta.clusterId().isEmpty()) {
            List<AdminStep> steps = steps(known);
            if (steps.stream().allMatch(step -> step.command() == null)) {
                return CompletableFuture.completedFuture(steps);
            }
        }
        return meta.formAlone().thenCompose(formed -> current()).thenApply(this::steps);
    }

    private List<AdminStep> steps(ClusterMap map) {
        List<AdminStep> steps = new ArrayList<>();
        changes.forEach(change -> steps.add(change.apply(map)));
        return steps;
    }

    private CompletableFuture<ClusterMap> current() {
        return meta.current()
                .handle((map, failure) -> {
                    if (map != null) {
                        return CompletableFuture.completedFuture(map);
                    }
                    return isLate()
                            ? CompletableFuture.<ClusterMap>failedFuture(cause(failure))
                            : pause().thenCompose(done -> current());
                })
                .thenCompose(next -> next);
    }

    private boolean isLate() {
        return System.nanoTime() - deadlineNanos >= 0;
    }

    private static CompletableFuture<Void> pause() {
        return CompletableFuture.runAsync(
                () -> {}, CompletableFuture.delayedExecutor(PAUSE_MILLIS, TimeUnit.MILLISECONDS));
    }

    private CompletableFuture<Outcome> decide(List<AdminStep> steps) {
        List<MetaCommand> commands = new ArrayList<>();
        for (AdminStep step : steps) {
            MetaCommand command = step.command();
            if (command != null) {
                commands.add(command);
            }
        }
        if (commands.isEmpty()) {
            return CompletableFuture.completedFuture(outcome(steps, List.of(), 0));
        }
        MetaCommand one = commands.size() == 1 ? commands.get(0) : new MetaCommand.Batch(commands);
        return propose(one, steps);
    }

    private CompletableFuture<Outcome> propose(MetaCommand command, List<AdminStep> steps) {
        return meta.propose(command).thenCompose(result -> switch (result.outcome()) {
            case APPLIED -> CompletableFuture.completedFuture(outcome(steps, errors(result), result.version()));
            case REFUSED -> uncertain ? unlessDone(steps, errors(result)) : known(steps, errors(result));
            case NOT_TAKEN, UNKNOWN -> {
                uncertain |= result.outcome() == MetaResult.Outcome.UNKNOWN;
                yield isLate() ? gaveUp(steps, result.reason()) : again(command, steps);
            }
        });
    }

    private CompletableFuture<Outcome> again(MetaCommand command, List<AdminStep> steps) {
        return pause().thenCompose(done -> current())
                .thenCompose(map -> uncertain && isDone(steps, map)
                        ? CompletableFuture.completedFuture(outcome(steps, List.of(), map.version()))
                        : propose(command, steps));
    }

    /** A command that was refused because an earlier try of it, whose outcome nobody knew, had been applied. */
    private CompletableFuture<Outcome> unlessDone(List<AdminStep> steps, List<String> errors) {
        return current()
                .thenCompose(map -> isDone(steps, map)
                        ? CompletableFuture.completedFuture(outcome(steps, List.of(), map.version()))
                        : known(steps, errors));
    }

    private static boolean isDone(List<AdminStep> steps, ClusterMap map) {
        return steps.stream()
                .filter(step -> step.command() != null)
                .allMatch(step -> step.isDone().test(map));
    }

    private static CompletableFuture<Outcome> known(List<AdminStep> steps, List<String> errors) {
        return CompletableFuture.completedFuture(outcome(steps, errors, 0));
    }

    private CompletableFuture<Outcome> gaveUp(List<AdminStep> steps, String reason) {
        String error =
                uncertain ? "UNKNOWNOUTCOME The change may or may not take effect: " + reason : "CLUSTERDOWN " + reason;
        return known(steps, steps.stream().map(step -> error).toList());
    }

    private static List<String> errors(MetaResult result) {
        return result.reasons().stream()
                .map(reason -> reason.isEmpty() ? "" : "ERR " + reason)
                .toList();
    }

    /** @param errors of the steps that have a command; none at all when each was applied */
    private static Outcome outcome(List<AdminStep> steps, List<String> errors, long version) {
        List<Decided> decided = new ArrayList<>();
        int next = 0;
        for (AdminStep step : steps) {
            String refusal = step.error();
            String error = refusal == null ? "" : refusal;
            if (step.command() != null) {
                error = errors.isEmpty() ? "" : errors.get(next);
                next++;
            }
            decided.add(new Decided(step, error));
        }
        return new Outcome(decided, version);
    }

    private CompletableFuture<List<Consumer<Reply>>> answers(Outcome outcome) {
        List<CompletableFuture<Consumer<Reply>>> replies = new ArrayList<>();
        for (Decided decided : outcome.decided()) {
            replies.add(
                    decided.error().isEmpty()
                            ? done(decided.step(), outcome.version())
                            : CompletableFuture.completedFuture(reply -> reply.error(decided.error())));
        }
        return CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new))
                .thenApply(all -> replies.stream().map(CompletableFuture::join).toList());
    }

    private CompletableFuture<Consumer<Reply>> done(AdminStep step, long version) {
        CompletableFuture<?> shown = step.command() == null
                ? CompletableFuture.completedFuture(null)
                : meta.await(map -> map.version() >= version && step.shown().test(map));
        return shown.thenCompose(done -> step.effect().get())
                .exceptionally(failure -> "ERR the change is decided but has not taken effect everywhere yet")
                .thenApply(error -> error.isEmpty() ? step.reply().apply(meta.map()) : reply -> reply.error(error));
    }

    /** What went wrong, in words: exceptions of time-outs have none. */
    static String reason(Throwable failure) {
        Throwable cause = cause(failure);
        if (cause instanceof TimeoutException) {
            return "the meta group did not answer in time";
        }
        String message = cause.getMessage();
        return message == null ? cause.toString() : message;
    }

    static Throwable cause(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }
}
