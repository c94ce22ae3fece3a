package io.cairn.acl;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The users on which the nodes of a cluster agree: those that were set since it is a cluster, and what was deleted. Any thread. */
public interface SharedUsers {
    /** True while this node is in a cluster whose nodes agree on users. */
    boolean isShared();

    /** Completes, within a bound, when {@link Acl#take} was told all that the nodes had agreed on when this was asked. */
    CompletableFuture<?> current();

    /**
     * A user to be.
     *
     * @param expected version that the user must have, 0 for one on which nothing was agreed
     * @param rules as {@link UserRights#describe} says them; null for no such user
     */
    record Change(String name, long expected, @Nullable String rules) {}

    /**
     * Makes the changes on every node, all or none.
     *
     * @return completes, within a bound, with an empty text once they are in force here, or with why not
     */
    CompletableFuture<String> set(List<Change> changes);
}
