package io.cairn.acl;

import io.cairn.command.Args;
import io.cairn.command.Command;
import io.cairn.command.Flag;
import io.cairn.command.KeyPositions;
import io.cairn.command.KeyUse;
import org.jspecify.annotations.Nullable;

/**
 * Says whether a user may make a call, on the node that takes the call and before it becomes a record: a record is not judged again where it is applied. One for each
 * thread that takes calls; not thread-safe. Redis: ACLCheckAllUserCommandPerm.
 */
public final class Judge {
    private final CommandNames names;
    private final KeyUse use;
    private final KeyPositions positions = new KeyPositions();
    /** The keys of the present call were looked for. */
    private boolean found;

    private int keys;

    Judge(CommandNames names, KeyUse use) {
        this.names = names;
        this.use = use;
    }

    /** Why the user may not make the call, or null. */
    public @Nullable Denial denial(User user, Command command, Args args) {
        if (user.unrestricted()) {
            return null;
        }
        int id = names.id(command);
        found = false;
        Denial relevant = new Denial(Denial.Reason.COMMAND, 0);
        for (Selector selector : user.rights().selectors()) {
            Denial denial = denial(selector, id, command, args);
            if (denial == null) {
                return null;
            }
            int later = denial.reason().compareTo(relevant.reason());
            if (later > 0 || (later == 0 && denial.argument() > relevant.argument())) {
                relevant = denial;
            }
        }
        return relevant;
    }

    /** Of a call with too few or too many arguments no keys are known: it does nothing. */
    private static boolean fits(Command command, Args args) {
        int arity = command.arity();
        return arity > 0 ? args.count() == arity : args.count() >= -arity;
    }

    /** Redis: ACLSelectorCheckCmd. */
    private @Nullable Denial denial(Selector selector, int id, Command command, Args args) {
        if (!command.is(Flag.NO_AUTH) && !selector.commands().allows(id, args)) {
            return new Denial(Denial.Reason.COMMAND, 0);
        }
        if (!selector.allKeys() && use.hasKeys(id)) {
            if (!found) {
                keys = fits(command, args) ? positions.find(command, args) : 0;
                found = true;
            }
            for (int key = 0; key < keys; key++) {
                int argument = positions.at(key);
                if (!selector.allowsKey(args, argument, use.rights(id, args, key))) {
                    return new Denial(Denial.Reason.KEY, argument);
                }
            }
        }
        KeyUse.Channels channels = use.channels(id);
        if (!selector.allChannels() && channels != KeyUse.Channels.NONE) {
            int last = channels == KeyUse.Channels.ONE ? Math.min(1, args.count() - 1) : args.count() - 1;
            for (int i = 1; i <= last; i++) {
                if (!selector.allowsChannel(args.bytes(i), channels == KeyUse.Channels.PATTERNS)) {
                    return new Denial(Denial.Reason.CHANNEL, i);
                }
            }
        }
        return null;
    }

    /**
     * Why SORT may not follow its patterns, which name keys that nobody knows before: only who may read every key may use them. Judged here and not by the handler,
     * which runs on every replica. Redis: sortCommandGeneric.
     *
     * @return the error line, or null for any other call
     */
    public @Nullable String patternRefusal(User user, Command command, Args args) {
        if (user.unrestricted()
                || !(command.name().equals("sort") || command.name().equals("sort_ro"))) {
            return null;
        }
        String option = pattern(args);
        return option == null || readsEveryKey(user, command, args)
                ? null
                : "ERR " + option + " option of SORT denied due to insufficient ACL permissions.";
    }

    private static @Nullable String pattern(Args args) {
        for (int i = 2; i < args.count(); i++) {
            int left = args.count() - 1 - i;
            if (args.is(i, "limit") && left >= 2) {
                i += 2;
            } else if (args.is(i, "store") && left >= 1) {
                i++;
            } else if (args.is(i, "get") && left >= 1) {
                return "GET";
            } else if (args.is(i, "by") && left >= 1) {
                if (args.text(i + 1).indexOf('*') >= 0) {
                    return "BY";
                }
                i++;
            }
        }
        return null;
    }

    private boolean readsEveryKey(User user, Command command, Args args) {
        int id = names.id(command);
        found = false;
        for (Selector selector : user.rights().selectors()) {
            if (selector.readsEveryKey() && denial(selector, id, command, args) == null) {
                return true;
            }
        }
        return false;
    }
}
