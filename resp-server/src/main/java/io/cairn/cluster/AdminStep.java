package io.cairn.cluster;

import io.cairn.command.Reply;
import io.cairn.raft.meta.ClusterMap;
import io.cairn.raft.meta.MetaCommand;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one CLUSTER command is to do, found by a current map: refuse, nothing, or propose a command of the meta log.
 *
 * @param error the error line, or null
 * @param command what to propose, or null for nothing
 * @param shown what this node's map has to show before the reply; asked once the command is applied here
 * @param isDone whether a map is as it would be afterwards: asked when nobody knows whether the command was logged
 * @param effect what has to happen beyond the map: completes with an error line, or empty
 * @param reply the reply once all that is done
 */
record AdminStep(
        @Nullable String error,
        @Nullable MetaCommand command,
        Predicate<ClusterMap> shown,
        Predicate<ClusterMap> isDone,
        Supplier<CompletableFuture<String>> effect,
        Function<ClusterMap, Consumer<Reply>> reply) {

    static AdminStep refuse(String error) {
        return new AdminStep(error, null, map -> true, map -> true, AdminStep::noEffect, map -> Reply::ok);
    }

    /** Answers OK. */
    static AdminStep nothing() {
        return new AdminStep(null, null, map -> true, map -> true, AdminStep::noEffect, map -> Reply::ok);
    }

    /** Of a command that changes nothing when it is applied again. */
    static AdminStep propose(MetaCommand command) {
        return new AdminStep(null, command, map -> true, map -> false, AdminStep::noEffect, map -> Reply::ok);
    }

    AdminStep shown(Predicate<ClusterMap> condition) {
        return new AdminStep(error, command, condition, isDone, effect, reply);
    }

    AdminStep doneWhen(Predicate<ClusterMap> condition) {
        return new AdminStep(error, command, shown, condition, effect, reply);
    }

    AdminStep then(Supplier<CompletableFuture<String>> more) {
        return new AdminStep(error, command, shown, isDone, more, reply);
    }

    AdminStep answers(Function<ClusterMap, Consumer<Reply>> with) {
        return new AdminStep(error, command, shown, isDone, effect, with);
    }

    private static CompletableFuture<String> noEffect() {
        return CompletableFuture.completedFuture("");
    }
}
