package io.cairn.command;

import io.cairn.keyspace.Value;
import io.cairn.keyspace.collection.SetReader;
import io.cairn.keyspace.collection.SortedView;
import org.jspecify.annotations.Nullable;

/** One input of {@link SortedSetAlgebra}: a sorted set, a set whose members all have the score 1, or nothing. To be closed. */
abstract class ScoredSource implements AutoCloseable {
    /** What scores are multiplied with. */
    double weight = 1;

    /** Told of a member; false to hear of no more. */
    @FunctionalInterface
    interface Visitor {
        boolean take(long member, int length, double score);
    }

    abstract long size();

    abstract void forEach(Visitor visitor);

    /** The score of a member, NaN if it is not there. */
    abstract double score(long member, int length);

    @Override
    public void close() {}

    /** The source that a value is, null if it is of another type. */
    static @Nullable ScoredSource of(Value value) {
        return switch (value.type) {
            case ZSET -> new OfSortedSet(SortedReplies.view(value));
            case SET -> new OfSet(value);
            default -> null;
        };
    }

    /** The source that an absent key is. */
    static ScoredSource empty() {
        return new Empty();
    }

    private static final class Empty extends ScoredSource {
        @Override
        long size() {
            return 0;
        }

        @Override
        void forEach(Visitor visitor) {}

        @Override
        double score(long member, int length) {
            return Double.NaN;
        }
    }

    private static final class OfSortedSet extends ScoredSource {
        private final SortedView view;

        OfSortedSet(SortedView view) {
            this.view = view;
        }

        @Override
        long size() {
            return view.size();
        }

        /** From the end: each goes before all others when they are put into another sorted set. */
        @Override
        void forEach(Visitor visitor) {
            long at = view.last();
            while (at != SortedView.NONE && visitor.take(view.member(at), view.length(at), view.score(at))) {
                at = view.previous(at);
            }
        }

        @Override
        double score(long member, int length) {
            long at = view.find(member, length);
            return at == SortedView.NONE ? Double.NaN : view.score(at);
        }

        @Override
        public void close() {
            view.close();
        }
    }

    private static final class OfSet extends ScoredSource {
        private static final double SCORE = 1;

        private final SetReader set;

        OfSet(Value value) {
            set = new SetReader(value);
        }

        @Override
        long size() {
            return set.size();
        }

        @Override
        void forEach(Visitor visitor) {
            set.rewind();
            boolean wanted = true;
            while (wanted && set.next()) {
                wanted = visitor.take(set.member().address(), set.member().length(), SCORE);
            }
        }

        @Override
        double score(long member, int length) {
            return set.contains(member, length) ? SCORE : Double.NaN;
        }

        @Override
        public void close() {
            set.close();
        }
    }
}
