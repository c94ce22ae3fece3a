package io.cairn.acl;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was denied, the latest first: at most {@code acllog-max-len} entries. Any thread. Redis: addACLLogEntry. */
public final class AclLog {
    /** The same thing again within this time of the last is counted, not entered anew. Redis: ACL_LOG_GROUPING_MAX_TIME_DELTA. */
    private static final long GROUPING_MILLIS = 60_000;
    /** So many entries are looked at for the same thing. */
    private static final int LOOKED_AT = 10;

    /** Where a call was denied. */
    public enum Context {
        TOPLEVEL("toplevel"),
        MULTI("multi"),
        LUA("lua");

        private final String text;

        Context(String text) {
            this.text = text;
        }

        /** As ACL LOG names it. */
        public String text() {
            return text;
        }
    }

    /**
     * One thing that was denied, once or more often.
     *
     * @param reason as ACL LOG names it
     * @param object key, channel or command; one char a byte
     * @param atMillis Unix time of the last time
     * @param client line of CLIENT LIST of who did it last
     */
    public record Entry(
            long count, String reason, Context context, String object, String user, long atMillis, String client) {
        private boolean isLike(Entry other) {
            return reason.equals(other.reason)
                    && context == other.context
                    && Math.abs(atMillis - other.atMillis) <= GROUPING_MILLIS
                    && object.equals(other.object)
                    && user.equals(other.user);
        }
    }

    private final Deque<Entry> entries = new ArrayDeque<>();
    private long max = 128;

    /** acllog-max-len. */
    public synchronized void max(long entriesKept) {
        max = entriesKept;
    }

    synchronized void add(Entry entry) {
        Entry known = removeLike(entry);
        if (known != null) {
            entries.addFirst(new Entry(
                    known.count() + 1,
                    known.reason(),
                    known.context(),
                    known.object(),
                    known.user(),
                    entry.atMillis(),
                    entry.client()));
            return;
        }
        entries.addFirst(entry);
        while (entries.size() > max) {
            entries.removeLast();
        }
    }

    private @Nullable Entry removeLike(Entry entry) {
        int looked = 0;
        for (Iterator<Entry> each = entries.iterator(); each.hasNext() && looked < LOOKED_AT; looked++) {
            Entry candidate = each.next();
            if (candidate.isLike(entry)) {
                each.remove();
                return candidate;
            }
        }
        return null;
    }

    /** A copy of the latest. */
    public synchronized List<Entry> latest(long count) {
        return new ArrayList<>(entries.stream().limit(Math.max(0, count)).toList());
    }

    public synchronized void clear() {
        entries.clear();
    }
}
